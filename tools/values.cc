#include "tools/values.h"

#include <bit>

namespace windrow::tool {
namespace {

// k * 2^-23 with -2^23 <= k < 2^23: exact, and products of two need 46 bits, so they round.
float Plain(Random& random) {
  const int64_t k = static_cast<int64_t>(random.Next() >> 40) - (1 << 23);
  return static_cast<float>(k) * 0x1p-23f;
}

float Value(Random& random, Values values) {
  const float plain = Plain(random);
  switch (values) {
    case Values::kPlain:
    case Values::kTies:
    case Values::kWild:
    case Values::kLow:
      break;
    case Values::kZeros:  // half of them, of either sign
      return random.OneIn(2) ? plain : random.OneIn(2) ? 0.0f : -0.0f;
    case Values::kDenormal: {  // built from bits: a caller's denormals-are-zero must not matter
      const uint64_t bits = random.Next();
      return random.OneIn(2) ? plain
                             : std::bit_cast<float>(static_cast<uint32_t>(bits) & 0x807FFFFF);
    }
    case Values::kHuge:  // sums overflow now and then
      return random.OneIn(4) ? plain * 0x1p127f : plain;
    case Values::kNonFinite: {
      static constexpr uint32_t kBits[] = {0x7F800000, 0xFF800000, 0x7FC00000, 0xFFC12345};
      return random.OneIn(60) ? std::bit_cast<float>(kBits[random.Below(4)]) : plain;
    }
  }
  return plain;
}

}  // namespace

uint64_t SeedOf(std::string_view text) {
  uint64_t seed = 0xCBF29CE484222325u;  // FNV-1a
  for (const char c : text) seed = (seed ^ static_cast<unsigned char>(c)) * 0x100000001B3u;
  return seed;
}

void Fill(std::span<float> to, Random& random, Values values) {
  for (float& v : to) v = Value(random, values);
}

std::span<float> ElementsOf(Tensor& t) {
  return {t.data(), static_cast<size_t>(t.shape().elements())};
}

}  // namespace windrow::tool
