// Deterministic test data: the same bits on every machine, from integers alone.
#ifndef WINDROW_TESTS_SUPPORT_VALUES_H_
#define WINDROW_TESTS_SUPPORT_VALUES_H_

#include <cstdint>
#include <span>

#include "tests/conv/problem.h"
#include "windrow/tensor.h"

namespace windrow::test {

// Well-mixed bits of a number (SplitMix64).
constexpr uint64_t Mix(uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// A stream of such numbers.
class Generator {
 public:
  explicit Generator(uint64_t seed) : state_(Mix(seed)) {}
  uint64_t Next() { return Mix(state_++); }
  // In [low, high].
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }
  bool OneIn(int64_t n) { return Between(1, n) == 1; }
  // As a rule twice the same.
  Size2 Pair(int64_t low, int64_t high) {
    const int64_t h = Between(low, high);
    return OneIn(3) ? Size2(h, Between(low, high)) : Size2(h);
  }

 private:
  uint64_t state_;
};

// Which tensor a value is for; each has its own numbers.
enum class Role : uint8_t { kInput, kWeights, kBias, kResidual };

// The bits of element `index` of a tensor.
uint32_t ValueBits(Role role, Values values, int64_t index);

void Fill(std::span<float> to, Role role, Values values);

// In logical order (n, c, h, w), so that the numbers do not depend on layout or strides.
void Fill(const TensorView& to, Role role, Values values);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_VALUES_H_
