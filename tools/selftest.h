// The self-test: every usable SIMD target, algorithm, layout and numerics class on a fixed corpus,
// compared with the reference to the bit.
#ifndef WINDROW_TOOLS_SELFTEST_H_
#define WINDROW_TOOLS_SELFTEST_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "windrow/tensor.h"

namespace windrow::tool {

// Class F rounds a multiply-add once, class U after each step.
enum class NumericsClass : uint8_t { kFused, kUnfused };
const char* ToString(NumericsClass c);  // "fused (F)"

// The first element of an output that is not the reference's.
struct Difference {
  std::string algorithm, problem;
  Layout layout = Layout::kNchw;
  int64_t n = 0, c = 0, h = 0, w = 0;
  int64_t elements = 0;  // how many differ in this output
  uint32_t expected = 0, computed = 0;
  std::string ToString() const;
};

// What one target did in one class.
struct TargetResult {
  std::string target;
  NumericsClass numerics_class = NumericsClass::kUnfused;
  bool portable = false;  // Numerics::kPortable made it this class
  int64_t runs = 0;       // problems times layouts times algorithms
  double seconds = 0;
  std::string digest;  // of one output a problem, one that differs if there is any
  std::vector<Difference> differences;
  std::vector<double> problem_seconds;
};

struct ClassResult {
  NumericsClass numerics_class;
  std::string digest;    // of the reference's outputs; empty if no target here is of this class
  std::string recorded;  // the digest that every machine must have
};

struct SelftestReport {
  bool quick = false;
  std::vector<std::string> problems;
  std::array<ClassResult, 2> classes;
  std::vector<TargetResult> targets;
  bool ok() const;
};

// On these targets, all usable ones if there are none. Throws std::invalid_argument, naming the
// usable ones, for a target that is not usable.
SelftestReport RunSelftest(std::vector<std::string> targets, bool quick);

std::string ToText(const SelftestReport& report);
std::string ToJson(const SelftestReport& report);
std::string ToJunit(const SelftestReport& report);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_H_
