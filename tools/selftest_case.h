// What the self-test computes: operations, their corpora, and one problem computed in one way.
#ifndef WINDROW_TOOLS_SELFTEST_CASE_H_
#define WINDROW_TOOLS_SELFTEST_CASE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tools/call_room.h"
#include "tools/digest.h"
#include "tools/values.h"
#include "windrow/conv2d.h"
#include "windrow/tensor.h"

namespace windrow::tool {

enum class Operation : uint8_t { kConvolution, kPooling, kGradient, kPoolGradient, kTraining };
inline constexpr Operation kOperations[] = {Operation::kConvolution, Operation::kPooling,
                                            Operation::kGradient, Operation::kPoolGradient,
                                            Operation::kTraining};
const char* ToString(Operation op);  // "conv", "pool", "gradient", "pool-gradient", "train"
// Whether its bits depend on the numerics class. Poolings multiply nothing.
bool HasClasses(Operation op);

// How something is computed.
struct Way {
  std::string target;
  std::string algorithm = "auto";
  Numerics numerics = Numerics::kNative;
  Layout layout = Layout::kNchw;
};

// All in nchw; indices are those of maxima.
struct Output {
  Tensor y;
  std::vector<int64_t> indices{};
};
void Add(const Output& output, Digest& digest);
// Any change of a single element changes it.
uint64_t HashOf(const Output& output);

// A problem with its data, which depend on its text alone.
class Case {
 public:
  Case() = default;
  Case(const Case&) = delete;
  Case& operator=(const Case&) = delete;
  virtual ~Case() = default;
  // "auto" and "reference" accept everything.
  virtual bool Accepts(const Way& way, CallRoom& room) = 0;
  virtual Output Compute(const Way& way, CallRoom& room) = 0;
};

class Subject {
 public:
  Subject() = default;
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;
  virtual ~Subject() = default;
  // Those frozen for ever, the quick ones a subset.
  virtual std::vector<std::string> Corpus(bool quick) const = 0;
  virtual std::string RandomProblem(Random& random) const = 0;
  // Besides "auto" and "reference".
  virtual std::vector<std::string> Algorithms() const = 0;
  // Throws std::invalid_argument for a text that is no problem.
  virtual std::unique_ptr<Case> Make(const std::string& text) const = 0;
  // Valid problems that are simpler by one step, the simplest first.
  virtual std::vector<std::string> Simpler(const std::string& text) const = 0;
};
const Subject& SubjectOf(Operation op);

const Subject& ConvolutionSubject();
const Subject& PoolingSubject();
const Subject& GradientSubject();
const Subject& PoolGradientSubject();
const Subject& TrainingSubject();

// Of a convolution's and a pooling's text, for whatever is computed from it.
std::vector<std::string> SimplerConvolutions(const std::string& text);
std::vector<std::string> SimplerPoolings(const std::string& text);

// Whether neither these numbers nor any sum of a few thousand of them has a NaN or an infinity.
constexpr bool StaysFinite(Values values) {
  return values != Values::kHuge && values != Values::kNonFinite;
}

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_CASE_H_
