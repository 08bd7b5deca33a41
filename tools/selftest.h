// The self-test: every usable SIMD target, algorithm, layout and numerics class on a fixed corpus
// of convolutions and of poolings, compared with the reference to the bit.
#ifndef WINDROW_TOOLS_SELFTEST_H_
#define WINDROW_TOOLS_SELFTEST_H_

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "tools/progress.h"
#include "windrow/tensor.h"

namespace windrow::tool {

// What has the same bits on every machine: convolution in class F, which rounds a multiply-add
// once, and in class U, after each step; pooling, which multiplies nothing; convolution's gradients
// in both classes.
enum class BitsClass : uint8_t { kFused, kUnfused, kPooling, kFusedGradient, kUnfusedGradient };
// "fused (F)", "unfused (U)", "pooling", "gradient/F", "gradient/U"
const char* ToString(BitsClass c);

// The first element of an output that is not the reference's.
struct Difference {
  std::string algorithm, problem;
  Layout layout = Layout::kNchw;
  int64_t n = 0, c = 0, h = 0, w = 0;
  int64_t elements = 0;                 // how many differ in this output
  bool of_index = false;                // the outputs are equal, the maxima's indices are not
  uint64_t expected = 0, computed = 0;  // a float's bits, or an index
  std::string ToString() const;
};

// What one target did in one class.
struct TargetResult {
  std::string target;
  BitsClass bits_class = BitsClass::kUnfused;
  bool portable = false;  // Numerics::kPortable made it this class
  int64_t runs = 0;       // problems times layouts times algorithms
  double seconds = 0;
  std::string digest;  // of one output a problem, one that differs if there is any
  std::vector<Difference> differences;
  std::vector<double> problem_seconds;
};

struct ClassResult {
  BitsClass bits_class = BitsClass::kUnfused;
  std::vector<std::string> problems;
  std::string digest;    // of the reference's outputs; empty if no target here is of this class
  std::string recorded;  // the digest that every machine must have
};

struct SelftestReport {
  bool quick = false;
  std::array<ClassResult, 5> classes;  // by BitsClass
  std::vector<TargetResult> targets;   // convolution's, pooling's, the gradients'
  bool ok() const;
  const ClassResult& ClassOf(const TargetResult& t) const {
    return classes[static_cast<size_t>(t.bits_class)];
  }
};

// On these targets, all usable ones if there are none; a step is a problem. Throws
// std::invalid_argument, naming the usable ones, for a target that is not usable.
SelftestReport RunSelftest(const std::vector<std::string>& targets, bool quick,
                           const Step& step = {});

std::string ToText(const SelftestReport& report);
std::string ToJson(const SelftestReport& report);
std::string ToJunit(const SelftestReport& report);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_H_
