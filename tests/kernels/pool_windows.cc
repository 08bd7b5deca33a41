#include "tests/kernels/pool_windows.h"

#include <algorithm>
#include <vector>

namespace windrow::test {

using internal::WindowArgs;

int64_t Window::Index(int64_t row, int64_t column) const {
  if (t.index_distance != 0) {
    return std::bit_cast<int32_t>(t.taps[column][Place(row) + t.index_distance]);
  }
  if (t.positions == nullptr) return 0;
  return t.positions[column] + t.position + line * t.position_line + row * t.position_row +
         output * t.position_step;
}

Best Window::Max(int64_t begin, int64_t end) const {
  Best max{Tap(begin, 0), Index(begin, 0)};
  for (int64_t row = begin; row < end; ++row) {
    for (int64_t column = row == begin; column < t.columns; ++column) {
      max.Take(Tap(row, column), Index(row, column));
    }
  }
  return max;
}

namespace {

// The sum of term(i) for begin <= i < end, which is that of parts; `before` terms came before 0.
template <typename Term>
float SumOfParts(int64_t begin, int64_t end, int64_t before, const Term& term) {
  float sum = 0, part = 0;
  for (int64_t i = begin; i < end; ++i) {
    if ((before + i) % internal::kPartTaps == 0) sum += part, part = 0;
    part += term(i);
  }
  return sum + part;
}

}  // namespace

float Window::Sum(int64_t begin, int64_t end) const {
  return SumOfParts(begin, end, t.rows_before, [this](int64_t row) {
    return SumOfParts(0, t.columns, t.columns_before,
                      [&](int64_t column) { return Tap(row, column); });
  });
}

float Window::Average(float sum) const {
  const float divisor = t.divisors != nullptr ? t.divisors[item] : t.divisor;
  if (divisor == 0) return sum;
  return Best{sum / divisor, 0}.canonical();
}

void DrawTaps(Fixture& s, bool indices_beside, WindowArgs& t) {
  t.offset = s.Between(0, 9, 0);
  std::vector<ptrdiff_t> places;
  for (int64_t i = 0; i < t.columns; ++i) places.push_back(s.Between(0, 40, i * t.items));
  const int64_t floats = t.offset + *std::max_element(places.begin(), places.end()) +
                         (t.rows - 1) * t.x_row + Extent(t, t.x_line, t.x_step);
  float* const x = s.Input(indices_beside ? 2 * floats : floats, Role::kInput);
  if (indices_beside) {
    t.index_distance = floats;
    for (int64_t i = 0; i < floats; ++i) {
      x[floats + i] = std::bit_cast<float>(static_cast<int32_t>(s.Between(0, 9999, 0)));
    }
  }
  std::vector<const float*> taps;
  for (const ptrdiff_t place : places) taps.push_back(x + place);
  t.taps = s.Input(taps);
}

void DrawPositions(Fixture& s, WindowArgs& t) {
  const auto number = [&s] { return static_cast<int32_t>(s.Between(0, 9999, 0)); };
  std::vector<int32_t> positions;
  for (int64_t i = 0; i < t.columns; ++i) positions.push_back(number());
  t.positions = s.Input(positions);
  t.position = number();
  t.position_row = number();
  t.position_line = number();
  t.position_step = s.OneIn(2) ? 0 : number();
}

void DrawDivisor(Fixture& s, WindowArgs& t) {
  if (s.OneIn(3)) {
    s.AllowAnyNaN();
  } else if (s.OneIn(2)) {
    std::vector<float> divisors;
    for (int64_t i = 0; i < t.items; ++i) {
      divisors.push_back(static_cast<float>(s.Between(1, 9, 9)));
    }
    t.divisors = s.Input(divisors);
  } else {
    t.divisor = s.OneIn(3) ? 0x1p-3f : static_cast<float>(s.Between(1, 12, 9));
  }
}

}  // namespace windrow::test
