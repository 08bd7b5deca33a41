// The library's reference against a convolution written apart from it, and against doubles.
#include "tests/conv/oracle.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"

namespace windrow::test {
namespace {

struct Class {
  const char* name;
  bool fused;
  std::string target;
  Numerics numerics;
};

void PrintTo(const Class& c, std::ostream* out) { *out << c.name; }

// The two numerics classes; only U where no target multiplies and adds with one rounding.
std::vector<Class> Classes() {
  std::vector<Class> classes{{"Unfused", false, UsableTargets().back().name, Numerics::kPortable}};
  for (const cpu::TargetInfo& t : FusedTargets()) {
    classes.push_back({"Fused", true, t.name, Numerics::kNative});
    break;
  }
  return classes;
}

class Oracle : public testing::TestWithParam<Class> {
 protected:
  static std::vector<Problem> Problems(uint64_t seed) {
    std::vector<Problem> all = RandomProblems(seed, 800, 40'000);
    for (Problem& p : all) p.numerics = GetParam().numerics;
    return all;
  }
};

TEST_P(Oracle, ReferenceHasItsBits) {
  int64_t nans = 0, numbers = 0;
  for (const Problem& p : Problems(4)) {
    const Tensor expected = OracleBits(p, GetParam().fused), y = Expected(p, GetParam().target);
    ASSERT_TRUE(SameBits(y, expected)) << ToString(p);
    for (int64_t i = 0; i < y.shape().elements(); ++i) ++(std::isnan(y.data()[i]) ? nans : numbers);
  }
  EXPECT_GT(nans, 0);
  EXPECT_GT(numbers, 10 * nans);
}

TEST_P(Oracle, ReferenceIsCloseToDouble) {
  for (Problem p : Problems(5)) {
    p.values = Values::kPlain;
    p.scale = false;
    p.epilogue.activation = Activation::kIdentity;
    const std::vector<Bounded> bounds = OracleDouble(p);
    const Tensor y = Expected(p, GetParam().target);
    for (size_t i = 0; i < bounds.size(); ++i) {
      ASSERT_LE(std::abs(static_cast<double>(y.data()[i]) - bounds[i].value), bounds[i].error)
          << ToString(p) << ", element " << i << " in nchw order: " << y.data()[i] << ", exactly "
          << bounds[i].value;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Classes, Oracle, testing::ValuesIn(Classes()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace windrow::test
