#include "tests/support/values.h"

#include <bit>
#include <cstring>

namespace windrow::test {
namespace {

constexpr uint32_t kNonFinite[] = {
    0x7F800000u, 0xFF800000u, 0x7FC00000u, 0xFFC00000u, 0x7FC12345u, 0xFFFFFFFFu, 0x7F800001u,
};
constexpr uint32_t kSign = 0x80000000u;

// One of each 16 elements, as in scripts/pytorch_record/pool.py: many equal ones; zeros of both
// signs on top; infinities and NaN; minus infinity almost alone.
constexpr uint32_t kTies[] = {
    0xC0000000, 0xBF800000, 0xBF800000, 0x80000000, 0x00000000, 0x3F000000, 0x3F000000, 0x3F800000,
    0x3F800000, 0x3F800000, 0x40000000, 0x40000000, 0x40000000, 0x40400000, 0x40400000, 0x40400000};
constexpr uint32_t kZeros[] = {
    0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x80000000, 0x00000000, 0x00000000, 0x00000000,
    0x00000000, 0xBF800000, 0xBF800000, 0xBF800000, 0xBF800000, 0xC0000000, 0xC0000000, 0x80000000};
constexpr uint32_t kWild[] = {
    0x7FC00000, 0xFFC12345, 0x7F800001, 0x7F800000, 0xFF800000, 0xFF800000, 0x80000000, 0x00000000,
    0x3F800000, 0x3F800000, 0xBF800000, 0x40000000, 0x40490FDB, 0xC0490FDB, 0x3DCCCCCD, 0x41200000};
constexpr uint32_t kLow[] = {0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000,
                             0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000, 0xFF800000,
                             0xFF800000, 0xFFC00000, 0xF149F2CA, 0x80000000};

// A multiple of 2^-23 in [-1, 1), all 24 bits of it random, so that products and sums round, times
// a power of two. Both steps are exact.
uint32_t Fraction(uint64_t bits, float power) {
  const auto numerator = static_cast<int32_t>(bits & 0xFFFFFFu) - 0x800000;
  return std::bit_cast<uint32_t>(static_cast<float>(numerator) * power);
}

}  // namespace

uint32_t ValueBits(Role role, Values values, int64_t index) {
  const uint64_t bits = Mix(static_cast<uint64_t>(index) * 4 + static_cast<uint64_t>(role));
  const auto kind = static_cast<uint32_t>(bits >> 56);
  const auto low = static_cast<uint32_t>(bits);
  const bool zero = kind < 24;  // of either sign
  switch (values) {
    case Values::kPlain:
      break;
    case Values::kDenormal:
      if (zero) break;
      // Products near 2^-140 are denormal, and so is what is added to them.
      if (role == Role::kInput || role == Role::kWeights) {
        return kind % 4 == 0 ? low & (kSign | 0x7FFFFFu) : Fraction(bits, 0x1p-93f);
      }
      return low & (kSign | 0xFFu);
    case Values::kNonFinite:
      // Rare, or all outputs would be NaN.
      if (kind >= 254 && (bits >> 40) % 4 == 0) return kNonFinite[(bits >> 44) % 7];
      break;
    case Values::kHuge:  // up to the largest float there is
      if (zero) break;
      return (low & (kSign | 0x7FFFFFu)) | (kind % 2 == 0 ? 0x7F000000u : 0x7E800000u);
    case Values::kTies:
      return kTies[(bits >> 40) % 16];
    case Values::kZeros:
      return kZeros[(bits >> 40) % 16];
    case Values::kWild:
      return kWild[(bits >> 40) % 16];
    case Values::kLow:
      return kLow[(bits >> 40) % 16];
  }
  if (zero) return kind % 2 == 0 ? 0 : kSign;
  return Fraction(bits, (bits >> 32) % 4 == 0 ? 0x1p-19f : 0x1p-23f);
}

void Fill(std::span<float> to, Role role, Values values) {
  for (size_t i = 0; i < to.size(); ++i) {
    const uint32_t bits = ValueBits(role, values, static_cast<int64_t>(i));
    std::memcpy(&to[i], &bits, sizeof(bits));
  }
}

void Fill(const TensorView& to, Role role, Values values) {
  const Shape& s = to.shape();
  int64_t index = 0;
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) {
          const uint32_t bits = ValueBits(role, values, index++);
          std::memcpy(&to.at(n, c, h, w), &bits, sizeof(bits));
        }
      }
    }
  }
}

}  // namespace windrow::test
