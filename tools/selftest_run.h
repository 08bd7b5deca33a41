// What the self-tests of convolution and of pooling share: outputs, how they are compared, and the
// tally of one target.
#ifndef WINDROW_TOOLS_SELFTEST_RUN_H_
#define WINDROW_TOOLS_SELFTEST_RUN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "problems/pool_problem.h"
#include "tools/digest.h"
#include "tools/selftest.h"
#include "windrow/cpu.h"
#include "windrow/tensor.h"

namespace windrow::tool {

// All in nchw; indices are those of maxima.
struct Output {
  Tensor y;
  std::vector<int64_t> indices;
};
void Add(const Output& output, Digest& digest);

// A value that no kernel writes, so that an element left out shows.
void Poison(Tensor& y);
inline constexpr int64_t kPoisonIndex = -7;

// One target in one class.
class Tally {
 public:
  Tally(const std::string& target, BitsClass bits_class, bool portable);

  const std::string& target() const { return result_.target; }
  BitsClass bits_class() const { return result_.bits_class; }
  bool portable() const { return result_.portable; }
  const std::vector<Difference>& differences() const { return result_.differences; }

  // Computes a problem in every way and compares.
  using Algorithms = std::function<std::vector<std::string>(Layout)>;
  using Compute = std::function<Output(Layout, const std::string& algorithm)>;
  void Run(const std::string& problem, const Output& expected, const Algorithms& algorithms,
           const Compute& compute);

  TargetResult Finish();

 private:
  TargetResult result_;
  Digest digest_;
};

// A pooling of the corpus, its input and what the reference gives.
struct PoolCase {
  explicit PoolCase(const problems::ParsedPool& parsed);
  problems::ParsedPool parsed;
  Tensor x;
  Output expected;
};
void Run(const PoolCase& pool, Tally& tally);

// Run their corpus on these targets; what they find is added to the report.
void TestConvolutions(const std::vector<cpu::TargetInfo>& targets, SelftestReport& report,
                      const Step& step = {});
void TestPoolings(const std::vector<cpu::TargetInfo>& targets, SelftestReport& report,
                  const Step& step = {});
void TestGradients(const std::vector<cpu::TargetInfo>& targets, SelftestReport& report,
                   const Step& step = {});

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_SELFTEST_RUN_H_
