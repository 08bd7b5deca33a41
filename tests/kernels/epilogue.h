// What all kernels of convolution do with a sum before it is stored.
#ifndef WINDROW_TESTS_KERNELS_EPILOGUE_H_
#define WINDROW_TESTS_KERNELS_EPILOGUE_H_

#include <array>
#include <bit>
#include <limits>

#include "tests/kernels/fixture.h"

namespace windrow::test {

template <typename Args>
void DrawClamp(Fixture& s, Args& args) {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  static constexpr std::array<float, 2> kBounds[] = {
      {-kInfinity, kInfinity}, {0, kInfinity}, {0, 6}, {-0.5f, 0.25f}, {-kInfinity, 0}};
  const auto& [min, max] = kBounds[s.Between(0, std::size(kBounds) - 1, 1)];
  args.clamp_min = min;
  args.clamp_max = max;
  args.clamp = min != -kInfinity || max != kInfinity;
}

// None, one of its own with the distances of y, or y itself; `floats` are those of y.
template <typename Args>
void DrawResidual(Fixture& s, int64_t floats, bool may_be_y, Args& args) {
  if (may_be_y && s.OneIn(3)) {
    args.residual = args.y;
  } else if (s.OneIn(2)) {
    args.residual = s.Input(floats, Role::kResidual);
  }
}

// Of the output `at` floats after y.
template <typename Args>
float Finished(const Args& args, float v, ptrdiff_t at) {
  if (args.residual != nullptr) v += args.residual[at];
  v += 0.0f;
  if (args.clamp) v = v < args.clamp_min ? args.clamp_min : v > args.clamp_max ? args.clamp_max : v;
  return v != v ? std::bit_cast<float>(0x7FC00000u) : v;
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_EPILOGUE_H_
