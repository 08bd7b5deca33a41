// Numbers for the self-test, the same on every machine and for ever: random ones in integer
// arithmetic, and floats that are exact.
#ifndef WINDROW_TOOLS_VALUES_H_
#define WINDROW_TOOLS_VALUES_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "problems/kinds.h"
#include "windrow/tensor.h"

namespace windrow::tool {

using problems::Values;

// splitmix64 (Steele, Lea and Flood): good enough here, and the same everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t Next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
  }
  // The choice of a small number; its slight bias does not matter.
  int64_t Below(int64_t n) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(n)); }
  int64_t Between(int64_t low, int64_t high) { return low + Below(high - low + 1); }
  bool OneIn(int64_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

// Of a problem's text.
uint64_t SeedOf(std::string_view text);

// Of ties, wild and low values it has no kinds of its own.
void Fill(std::span<float> to, Random& random, Values values);
std::span<float> ElementsOf(Tensor& t);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_VALUES_H_
