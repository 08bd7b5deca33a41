#include "tests/kernels/pool_windows.h"

#include <bit>
#include <limits>
#include <vector>

namespace windrow::test {

using internal::kPartTaps;

void SumOfParts::Take(int64_t row, int64_t column, float v) {
  if (row != row_) {
    EndRow();
    if (row % kPartTaps == 0) rows_ += part_of_rows_, part_of_rows_ = 0;
    row_ = row;
  } else if (column % kPartTaps == 0) {
    taps_ += part_of_taps_, part_of_taps_ = 0;
  }
  part_of_taps_ += v;
}

void SumOfParts::EndRow() {
  part_of_rows_ += taps_ + part_of_taps_;
  taps_ = part_of_taps_ = 0;
}

float SumOfParts::Of(float divisor) {
  EndRow();
  const float sum = rows_ + part_of_rows_;
  if (divisor == 0) return sum;
  return sum != sum ? std::bit_cast<float>(0x7FC00000u) : sum / divisor;
}

void Seen::Take(float v) {
  nan_ |= v != v;
  (v > 0 ? up_ : down_) += v;
}

const char* Seen::Fault(bool returned) const {
  if (nan_) return returned ? "sees no NaN where there is one" : "";
  constexpr double kLarge = std::numeric_limits<float>::max() / 4;  // some taps are seen twice
  return returned || (up_ > kLarge && down_ < -kLarge) ? "" : "sees a NaN where there is none";
}

const float* DrawPixels(Fixture& s, int64_t floats, bool indices_beside, bool numbers) {
  float* const x = s.Input(indices_beside ? 2 * floats : floats, Role::kInput);
  if (!numbers && s.OneIn(4))
    x[s.Between(0, floats - 1, 0)] = std::numeric_limits<float>::quiet_NaN();
  for (int64_t i = 0; i < floats && indices_beside; ++i) {
    x[floats + i] = std::bit_cast<float>(static_cast<int32_t>(s.Between(0, 9999, 0)));
  }
  return x;
}

float DrawDivisor(Fixture& s) {
  if (s.OneIn(3)) {
    s.AllowAnyNaN();
    return 0;
  }
  if (s.OneIn(4)) return s.OneIn(2) ? 0x1p-3f : -3.0f;
  return static_cast<float>(s.Between(1, 12, 9));
}

}  // namespace windrow::test
