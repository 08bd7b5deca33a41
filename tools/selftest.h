// The self-test: convolution, pooling, their gradients and training, on every usable SIMD target,
// in every algorithm, layout and numerics class, on a frozen corpus and on random problems,
// compared with the scalar reference to the bit. Each target and algorithm runs in a process of its
// own, so that one that crashes or hangs is a failure like any other.
#ifndef WINDROW_TOOLS_SELFTEST_H_
#define WINDROW_TOOLS_SELFTEST_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/progress.h"
#include "tools/selftest_unit.h"

namespace windrow::tool {

// Of the corpora and so of the digests: what changes either changes this number.
inline constexpr int kCorpusVersion = 1;

struct SelftestOptions {
  std::vector<std::string> targets{}, operations{}, algorithms{};  // all if empty
  CorpusChoice corpus{};
  int jobs = 0;     // processes at once; 0: as many as there are cores
  int timeout = 0;  // seconds for one call; 0: 60
  bool in_process = false;
};

// What went wrong in one unit and class, met first in `problem`.
struct Failure {
  std::string algorithm;
  Layout layout = Layout::kNchw;
  std::string what;     // "differs from the reference", "SIGILL (illegal instruction)"
  std::string problem;  // "" if it is of no problem
  int64_t cases = 1;    // how many failed so
  // Of the smallest problem that fails too, and how to see it again.
  std::string smallest{}, command{};
  std::optional<Difference> difference{};
};

// What one target did in one class.
struct TargetResult {
  std::string target;
  BitsClass bits_class = BitsClass::kUnfused;
  bool portable = false;  // Numerics::kPortable made it this class
  double seconds = 0;     // of all its processes
  std::string
      digest{};  // of what "auto" gives for the frozen corpus, in nchw; "" if it did not end
  struct Unit {
    std::string algorithm;
    int64_t runs = 0;  // problems times layouts that it accepts
    double seconds = 0;
  };
  std::vector<Unit> units{};
  std::vector<Failure> failures{};
  int64_t runs() const;
};

struct ClassResult {
  BitsClass bits_class = BitsClass::kUnfused;
  size_t problems = 0;
  std::string digest{};             // of the reference's outputs; "" if it was not computed
  std::string recorded{};           // the digest that every machine must have
  std::vector<Failure> failures{};  // of the reference itself
  bool tested = false;
};

struct SkippedTarget {
  std::string target, why;
};

struct SelftestReport {
  CorpusChoice corpus;
  std::array<ClassResult, kBitsClasses> classes{};  // by BitsClass
  std::vector<TargetResult> targets{};
  std::vector<SkippedTarget> skipped{};
  std::string in_process{};  // why there are no processes of their own; "" if there are
  int64_t runs() const;
  bool ok() const;
  bool AsRecorded(const ClassResult& c) const { return c.digest == c.recorded; }
};

size_t UnitCount(const SelftestOptions& options);

// A step is a unit. Throws std::invalid_argument, naming the usable ones, for a target that is not
// usable, and for operations, algorithms and problems that do not exist.
SelftestReport RunSelftest(const SelftestOptions& options, const Step& step = {});

std::string ToText(const SelftestReport& report);
std::string ToJson(const SelftestReport& report);
std::string ToJunit(const SelftestReport& report);
std::string ToTap(const SelftestReport& report);
// What a run of these options would do.
std::string ListText(const SelftestOptions& options);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_H_
