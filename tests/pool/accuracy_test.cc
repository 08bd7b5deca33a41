// Averages over long windows: near the exact ones, in the same bits whichever algorithm and layout.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/pool/variants.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow::test {
namespace {

// The average of so many times `value`, relative to that.
double ErrorOf(const Shape& shape, float value, const std::string& algorithm) {
  Tensor x(shape);
  std::fill_n(x.data(), shape.elements(), value);
  const Tensor y = AdaptiveAvgPool2d({.output_size = 1, .algorithm = algorithm}).Run(x);
  return std::abs(static_cast<double>(y.data()[0]) / static_cast<double>(value) - 1);
}

TEST(PoolAccuracy, OfLongRowsAndColumns) {
  constexpr int64_t kMillion = int64_t{1} << 20, kMany = int64_t{1} << 25;
  for (const std::string algorithm : {"auto", "reference"}) {
    EXPECT_EQ(ErrorOf(Shape(1, 1, 1, kMillion), 1.0f, algorithm), 0);
    EXPECT_EQ(ErrorOf(Shape(1, 1, 1, kMany), 1.0f, algorithm), 0);
    EXPECT_EQ(ErrorOf(Shape(1, 1, kMillion, 1), 1.0f, algorithm), 0);
    EXPECT_LE(ErrorOf(Shape(1, 1, 1, kMillion), 0.1f, algorithm), 2e-4);
    EXPECT_LE(ErrorOf(Shape(1, 1, kMillion, 1), 0.1f, algorithm), 2e-4);
    EXPECT_LE(ErrorOf(Shape(1, 1, 1, kMany), 0.1f, algorithm), 5e-3);
    // Of pictures.
    EXPECT_LE(ErrorOf(Shape(1, 1, 1024, 1024), 0.1f, algorithm), 1e-6);
    EXPECT_LE(ErrorOf(Shape(1, 1, 4096, 4096), 0.1f, algorithm), 3e-6);
  }
}

// Each algorithm that takes it, forced, in both layouts: the reference's bits.
TEST(PoolAccuracy, LongRowsHaveTheReferencesBits) {
  for (const std::string& target : UsableNames()) {
    for (const auto& [c, h, w] : {std::array<int64_t, 3>{1, 1, int64_t{1} << 20},
                                  {20, 1, 70'001},
                                  {20, 70'001, 1},
                                  {17, 300, 301}}) {
      const Shape shape(1, c, h, w);
      for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
        Tensor x(shape, layout);
        Fill(x.view(), Role::kInput, Values::kPlain);
        const auto average = [&](const std::string& algorithm) {
          return AdaptiveAvgPool2d({.output_size = 1, .algorithm = algorithm, .target = target})
              .Run(x);
        };
        const Tensor expected = average("reference");
        int taken = 0;
        for (const std::string& algorithm : PoolAlgorithmsToTest()) {
          try {
            EXPECT_TRUE(SameBits(average(algorithm), expected))
                << target << ' ' << algorithm << ' ' << shape.ToString() << ' ' << ToString(layout);
            ++taken;
          } catch (const std::invalid_argument& e) {
            EXPECT_TRUE(algorithm != "auto" && IsRefusal(e, algorithm)) << e.what();
          }
        }
        EXPECT_GE(taken, 2) << "auto, and pixels or planes: " << ToString(layout);
      }
    }
  }
}

}  // namespace
}  // namespace windrow::test
