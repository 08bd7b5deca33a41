// What the kernels of pooling share: where the taps of their windows are, and how they are reduced.
#ifndef WINDROW_TESTS_KERNELS_POOL_WINDOWS_H_
#define WINDROW_TESTS_KERNELS_POOL_WINDOWS_H_

#include <bit>
#include <cstdint>

#include "lib/simd/pool_kernels.h"
#include "tests/kernels/fixture.h"

namespace windrow::test {

struct Best {
  float value;
  int64_t index;

  // The first of equal ones, the last of NaNs.
  void Take(float v, int64_t at) {
    if (v > value || v != v) value = v, index = at;
  }
  float canonical() const { return value != value ? std::bit_cast<float>(0x7FC00000u) : value; }
};

// One item of one output of one line.
struct Window {
  const internal::WindowArgs& t;
  int64_t line, output, item;

  ptrdiff_t Place(int64_t row) const {
    return t.offset + line * t.x_line + output * t.x_step + row * t.x_row + item;
  }
  float Tap(int64_t row, int64_t column) const { return t.taps[column][Place(row)]; }
  int64_t Index(int64_t row, int64_t column) const;
  // Where the results belong.
  float* y() const { return t.y + line * t.y_row + output * t.y_step + item; }
  int64_t* index() const {
    return t.indices + line * t.indices_row + output * t.indices_step + item;
  }

  // Of rows [begin, end). Indices are worked out only if there are any.
  Best Max(int64_t begin, int64_t end) const;
  float Sum(int64_t begin, int64_t end) const;
  float Average(float sum) const;
};

// Draws x and t.columns places in it where taps begin; what else says where taps are is set. On
// demand x has indices beside its values, as an earlier pass gives them.
void DrawTaps(Fixture& s, bool indices_beside, internal::WindowArgs& t);

// Positions of taps for maxima with indices.
void DrawPositions(Fixture& s, internal::WindowArgs& t);

// None, one for all items or one for each.
void DrawDivisor(Fixture& s, internal::WindowArgs& t);

// So many floats or indices that lines and outputs, so far apart, are in.
inline int64_t Extent(const internal::WindowArgs& t, ptrdiff_t line, ptrdiff_t output) {
  return (t.lines - 1) * line + (t.outputs - 1) * output + t.items;
}

// Calls f with every window.
template <typename F>
void ForEachWindow(const internal::WindowArgs& t, const F& f) {
  for (int64_t line = 0; line < t.lines; ++line) {
    for (int64_t output = 0; output < t.outputs; ++output) {
      for (int64_t item = 0; item < t.items; ++item) f(Window{t, line, output, item});
    }
  }
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_POOL_WINDOWS_H_
