// A unit of the self-test: one operation on one target by one algorithm, which runs in a process of
// its own and tells what it did line by line.
#ifndef WINDROW_TOOLS_SELFTEST_UNIT_H_
#define WINDROW_TOOLS_SELFTEST_UNIT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/selftest_case.h"

namespace windrow::tool {

// What has the same bits on every machine: class F rounds a multiply-add once, class U after each
// step; poolings multiply nothing.
enum class BitsClass : uint8_t {
  kFused,
  kUnfused,
  kPooling,
  kFusedGradient,
  kUnfusedGradient,
  kPoolGradient,
  kFusedTraining,
  kUnfusedTraining
};
inline constexpr size_t kBitsClasses = 8;
const char* ToString(BitsClass c);  // "conv/F", "conv/U", "pool", ...
BitsClass ClassOf(Operation op, bool fused);

struct Unit {
  Operation op = Operation::kConvolution;
  std::string target{};  // of the reference: the least usable one of each class
  std::string algorithm = "auto";
  bool is_reference() const { return algorithm == "reference"; }
};
std::string ToString(const Unit& unit);  // "conv AVX2 direct"
Unit ParseUnit(const std::string& text);

// What of the corpus runs.
struct CorpusChoice {
  bool quick = false;
  int seed = 1, repeat = 0;  // random problems beside it
  std::string problem{};     // this one alone
  bool guards = true;        // whether memory ends at inaccessible pages
};
struct ProblemList {
  std::vector<std::string> texts;
  size_t frozen = 0;  // the first so many are of the corpus
};
ProblemList ProblemsOf(Operation op, const CorpusChoice& choice);

// In which classes an operation runs on a target: 1 is F, 0 is U or, of poolings, the only one.
std::vector<bool> ClassesOn(Operation op, const std::string& target);
// "": no usable target has this class.
std::string ReferenceTarget(Operation op, bool fused);
Way WayOf(const Unit& unit, bool fused, Layout layout);

// One call.
struct CaseId {
  size_t problem = 0;
  bool fused = false;
  Layout layout = Layout::kNchw;
};

// Hears of a unit; every call that is accepted starts and then ends in one of the other ways.
class Listener {
 public:
  Listener() = default;
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  virtual ~Listener() = default;
  virtual void Starts(const CaseId& id) = 0;
  virtual void Gives(const CaseId& id, uint64_t hash) = 0;
  virtual void Complains(const CaseId& id, const std::string& what) = 0;  // before it gives
  virtual void Throws(const CaseId& id, const std::string& what) = 0;
  virtual void Digests(bool fused, const std::string& digest) = 0;
};
void RunUnit(const Unit& unit, const CorpusChoice& choice, Listener& listener);

// The first element of an output that is not the reference's.
struct Difference {
  int64_t n = 0, c = 0, h = 0, w = 0;
  int64_t elements = 0;                 // how many differ in this output
  bool of_index = false;                // the outputs are equal, the maxima's indices are not
  uint64_t expected = 0, computed = 0;  // a float's bits, or an index
  // Floats between the two, 0 if one is NaN.
  uint64_t ulps() const;
  std::string ToString() const;
};
std::optional<Difference> Compare(const Output& expected, const Output& computed);

// What a call for the choice's problem does wrong, by the reference computed here; nothing if it is
// right or refused.
struct Finding {
  std::string what;
  std::optional<Difference> difference{};
};
std::optional<Finding> Examine(const Unit& unit, bool fused, Layout layout,
                               const CorpusChoice& choice);
std::string ToLine(const std::optional<Finding>& finding);
std::optional<Finding> FindingOf(const std::string& line);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_UNIT_H_
