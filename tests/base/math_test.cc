// Integer arithmetic on sizes.
#include "lib/base/math.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <stdexcept>

#include "tests/support/expect_throw.h"

namespace windrow::internal {
namespace {

constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(CeilDivTest, RoundsUp) {
  for (int64_t a = 0; a < 50; ++a) {
    for (int64_t b = 1; b < 12; ++b) {
      const int64_t q = CeilDiv(a, b);
      EXPECT_TRUE(q * b >= a && (q - 1) * b < a) << a << " / " << b;
      EXPECT_EQ(RoundUp(a, b), q * b);
    }
  }
}

TEST(CheckedProductTest, Fits) {
  EXPECT_EQ(CheckedProduct({}, "x"), 1);
  EXPECT_EQ(CheckedProduct({3, 5, 7}, "x"), 105);
  EXPECT_EQ(CheckedProduct({kMax, 1}, "x"), kMax);
  EXPECT_EQ(CheckedProduct({7, 0, 9}, "x"), 0);
  EXPECT_EQ(CheckedProduct({int64_t{1} << 31, int64_t{1} << 31}, "x"), int64_t{1} << 62);
}

TEST(CheckedProductTest, DoesNotFit) {
  const auto fails = [](std::initializer_list<int64_t> factors) {
    return test::Throws<std::length_error>([&] { CheckedProduct(factors, "too large"); },
                                           {"too large"});
  };
  EXPECT_TRUE(fails({int64_t{1} << 32, int64_t{1} << 31}));
  EXPECT_TRUE(fails({kMax, 2}));
  EXPECT_TRUE(fails({3, kMax, kMax}));
  EXPECT_TRUE(fails({0, kMax, 2})) << "a part of the product does not fit";
  EXPECT_TRUE(fails({kMax, 2, 0}));
}

TEST(SaturatedProductTest, EndsAtTheLargest) {
  EXPECT_EQ(SaturatedProduct({}), 1);
  EXPECT_EQ(SaturatedProduct({3, 5, 7}), 105);
  EXPECT_EQ(SaturatedProduct({kMax, 2}), kMax);
  EXPECT_EQ(SaturatedProduct({int64_t{1} << 40, int64_t{1} << 40, 3}), kMax);
  EXPECT_EQ(SaturatedProduct({kMax, kMax, 0}), 0);
}

TEST(EvenSplitTest, FewestPartsAlmostEqual) {
  for (int64_t total = 1; total < 80; ++total) {
    for (int64_t max = 1; max < 20; ++max) {
      const EvenSplit split(total, max);
      EXPECT_EQ(split.parts, CeilDiv(total, max));
      EXPECT_EQ(split.Begin(0), 0);
      EXPECT_EQ(split.Begin(split.parts), total);
      for (int64_t i = 0; i < split.parts; ++i) {
        const int64_t size = split.Begin(i + 1) - split.Begin(i);
        EXPECT_LE(size, max);
        EXPECT_GE(size, total / split.parts);
        EXPECT_LE(size, total / split.parts + 1);
        EXPECT_EQ(split.PartOf(split.Begin(i)), i);
        EXPECT_EQ(split.PartOf(split.Begin(i + 1) - 1), i);
      }
    }
  }
}

}  // namespace
}  // namespace windrow::internal
