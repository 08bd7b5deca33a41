// Random numbers as a function of seed, stream, step and index.
#include <numeric>
#include <utility>

#include "lib/train/philox.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {

// Of steps and of blocks 48 bits count.
std::array<uint32_t, 4> Random::Block(int64_t block) const {
  const auto b = static_cast<uint64_t>(block), step = static_cast<uint64_t>(step_);
  const uint64_t upper_halves = (b >> 32 & 0xFFFF) | step >> 32 << 16;
  return internal::Philox({static_cast<uint32_t>(b), static_cast<uint32_t>(upper_halves),
                           static_cast<uint32_t>(step), stream_},
                          {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
}

uint32_t Random::Bits(int64_t index) const {
  return Block(index / 4)[static_cast<size_t>(index) % 4];
}

void Random::Uniform(const TensorView& to, float low, float high) const {
  const Shape& s = to.shape();
  int64_t index = 0;
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) {
          const float way = static_cast<float>(Bits(index++) >> 8) * 0x1p-24f;
          to.at(n, c, h, w) = low + (high - low) * way;
        }
      }
    }
  }
}

void Random::Permutation(std::span<int64_t> to) const {
  std::iota(to.begin(), to.end(), int64_t{0});
  for (auto i = std::ssize(to) - 1; i > 0; --i) {
    const uint64_t below = Bits(i) * static_cast<uint64_t>(i + 1) >> 32;  // 0 to i
    std::swap(to[static_cast<size_t>(i)], to[below]);
  }
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
