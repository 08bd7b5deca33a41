// The scalar fused multiply-add against the C library's, by bits.
#include "lib/conv/exact_fma.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "tests/support/values.h"

namespace windrow::internal {
namespace {

uint32_t Bits(float f) { return std::bit_cast<uint32_t>(f); }

// Equal bits, or both NaN (payloads may differ).
testing::AssertionResult SameAsLibm(float a, float b, float c) {
  const float got = ExactFma(a, b, c), expected = std::fma(a, b, c);
  if (Bits(got) == Bits(expected) || (std::isnan(got) && std::isnan(expected))) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure() << std::hexfloat << "fma(" << a << ", " << b << ", " << c
                                     << ") = " << got << ", expected " << expected;
}

TEST(ExactFmaTest, SpecialTriples) {
  std::vector<float> values;
  for (const uint32_t bits :
       {0x00000000u, 0x00000001u, 0x00000003u, 0x007FFFFFu, 0x00800000u, 0x00800001u, 0x33800000u,
        0x34000001u, 0x3F7FFFFFu, 0x3F800000u, 0x3F800001u, 0x3FFFFFFFu, 0x4B7FFFFFu, 0x5F000001u,
        0x7EFFFFFFu, 0x7F7FFFFFu, 0x7F800000u, 0x7FC00000u, 0x20000001u, 0x1F800003u}) {
    values.push_back(std::bit_cast<float>(bits));
    values.push_back(std::bit_cast<float>(bits | 0x80000000u));
  }
  for (const float a : values) {
    for (const float b : values) {
      for (const float c : values) ASSERT_TRUE(SameAsLibm(a, b, c));
    }
  }
}

// Any bit pattern, denormals and all.
TEST(ExactFmaTest, RandomTriples) {
  for (uint64_t i = 0; i < 4'000'000; ++i) {
    const uint64_t r = test::Mix(2 * i), s = test::Mix(2 * i + 1);
    ASSERT_TRUE(SameAsLibm(std::bit_cast<float>(static_cast<uint32_t>(r)),
                           std::bit_cast<float>(static_cast<uint32_t>(r >> 32)),
                           std::bit_cast<float>(static_cast<uint32_t>(s))));
  }
}

// Addends near the product, where sums cancel or lie next to half a unit in the last place; around
// 1 and where products are denormal.
TEST(ExactFmaTest, AddendsNearTheProduct) {
  for (const float scale : {0x1p0f, 0x1p-64f, 0x1p-70f}) {
    for (uint64_t i = 0; i < 1'000'000; ++i) {
      const uint64_t r = test::Mix(i), s = test::Mix(~i);
      const auto fraction = [](uint64_t bits) {
        return std::bit_cast<float>(0x3F800000u | static_cast<uint32_t>(bits & 0x7FFFFF));
      };
      const float a = fraction(r) * scale, b = fraction(r >> 23) * scale;
      const int exponent = static_cast<int>(s % 56) - 28;
      const float near = std::ldexp(a * b, exponent);
      const uint32_t neighbour = Bits(near) + static_cast<uint32_t>(s >> 32) % 5 - 2;
      ASSERT_TRUE(SameAsLibm(a, b, -std::bit_cast<float>(neighbour)));
      ASSERT_TRUE(SameAsLibm(a, b, std::bit_cast<float>(neighbour & 0xFFFF0000u)));
    }
  }
}

}  // namespace
}  // namespace windrow::internal
