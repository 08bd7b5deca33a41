// The transposition of a matrix of floats, in blocks of 4 x 4 within 128-bit vectors: what turns
// planes into pixels (NCHW to NHWC) and back.
//
//   for each 16 x 16: for each 4 x 4: four loads, eight interleaves, four stores
#if defined(WINDROW_LIB_SIMD_TRANSPOSE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_TRANSPOSE_INL_H_
#undef WINDROW_LIB_SIMD_TRANSPOSE_INL_H_
#else
#define WINDROW_LIB_SIMD_TRANSPOSE_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// to[column * to_row + row] = from[row * from_row + column]. The bits are copied, NaNs included.
inline void TransposeScalar(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                            float* to, ptrdiff_t to_row) {
  for (int64_t c = 0; c < columns; ++c) {
    for (int64_t r = 0; r < rows; ++r) {
      std::memcpy(to + c * to_row + r, from + r * from_row + c, sizeof(float));
    }
  }
}

#if HWY_TARGET == HWY_SCALAR

inline void Transpose(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                      float* to, ptrdiff_t to_row) {
  TransposeScalar(from, from_row, rows, columns, to, to_row);
}

#else

HWY_INLINE void Transpose4x4(const float* from, ptrdiff_t from_row, float* to, ptrdiff_t to_row) {
  const hn::FixedTag<float, 4> d;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + from_row);
  const auto r2 = hn::LoadU(d, from + 2 * from_row), r3 = hn::LoadU(d, from + 3 * from_row);
  const auto even_low = hn::InterleaveLower(d, r0, r2), even_high = hn::InterleaveUpper(d, r0, r2);
  const auto odd_low = hn::InterleaveLower(d, r1, r3), odd_high = hn::InterleaveUpper(d, r1, r3);
  hn::StoreU(hn::InterleaveLower(d, even_low, odd_low), d, to);
  hn::StoreU(hn::InterleaveUpper(d, even_low, odd_low), d, to + to_row);
  hn::StoreU(hn::InterleaveLower(d, even_high, odd_high), d, to + 2 * to_row);
  hn::StoreU(hn::InterleaveUpper(d, even_high, odd_high), d, to + 3 * to_row);
}

inline void Transpose(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                      float* to, ptrdiff_t to_row) {
  // A cache line of each row and of each column at a time, since rows lie at distances that fall
  // into few cache sets.
  constexpr int64_t kLine = 16;
  for (int64_t row = 0; row < rows; row += kLine) {
    const int64_t row_end = std::min(row + kLine, rows);
    for (int64_t column = 0; column < columns; column += kLine) {
      const int64_t column_end = std::min(column + kLine, columns);
      int64_t r = row;
      for (; r + 4 <= row_end; r += 4) {
        int64_t c = column;
        for (; c + 4 <= column_end; c += 4) {
          Transpose4x4(from + r * from_row + c, from_row, to + c * to_row + r, to_row);
        }
        TransposeScalar(from + r * from_row + c, from_row, 4, column_end - c, to + c * to_row + r,
                        to_row);
      }
      TransposeScalar(from + r * from_row + column, from_row, row_end - r, column_end - column,
                      to + column * to_row + r, to_row);
    }
  }
}

#endif

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
