// The transposition of a matrix of floats, in blocks of 4 x 4 within the 128-bit parts of vectors:
// what turns planes into pixels (NCHW to NHWC) and back.
//
//   for each 16 x 16: for each four columns of as many rows as a vector has lanes: loads of four
//     floats each, eight interleaves, four stores
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

#include "lib/simd/lanes-inl.h"
#include "lib/simd/zero_upper-inl.h"

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

HWY_INLINE void TransposeMatrix(const float* from, ptrdiff_t from_row, int64_t rows,
                                int64_t columns, float* to, ptrdiff_t to_row) {
  TransposeScalar(from, from_row, rows, columns, to, to_row);
}

#else

// Blocks of a vector, each of them four columns of a row.
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
inline constexpr int64_t kRowBlocks = 4;
#elif HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX2
inline constexpr int64_t kRowBlocks = 2;
#else
inline constexpr int64_t kRowBlocks = 1;
#endif

// Four columns of rows 0, 4, 8, ... from `from` on, one to a block.
template <int64_t kBlocks>
HWY_INLINE auto LoadBlocks(const float* from, ptrdiff_t from_row) {
  const hn::FixedTag<float, 4 * kBlocks> d;
  if constexpr (kBlocks == 1) {
    return hn::LoadU(d, from);
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  } else if constexpr (kBlocks == 4) {
    // Inserted from memory they need no shuffle, which is what transpositions wait for.
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(from));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from + 4 * from_row), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(from + 8 * from_row), 2);
    return hn::Vec<decltype(d)>{_mm512_insertf32x4(v, _mm_loadu_ps(from + 12 * from_row), 3)};
#endif
  } else {
    return hn::Combine(d, LoadBlocks<kBlocks / 2>(from + 2 * kBlocks * from_row, from_row),
                       LoadBlocks<kBlocks / 2>(from, from_row));
  }
}

// In each 128-bit block: four columns of the four rows.
template <class D, class V>
HWY_INLINE void TransposeFours(D d, V r0, V r1, V r2, V r3, V& c0, V& c1, V& c2, V& c3) {
  const V even_low = hn::InterleaveLower(d, r0, r2), even_high = hn::InterleaveUpper(d, r0, r2);
  const V odd_low = hn::InterleaveLower(d, r1, r3), odd_high = hn::InterleaveUpper(d, r1, r3);
  c0 = hn::InterleaveLower(d, even_low, odd_low);
  c1 = hn::InterleaveUpper(d, even_low, odd_low);
  c2 = hn::InterleaveLower(d, even_high, odd_high);
  c3 = hn::InterleaveUpper(d, even_high, odd_high);
}

// Four columns of 4 * kBlocks rows: a vector of each column.
template <int64_t kBlocks, class V>
HWY_INLINE void LoadColumns(const float* from, ptrdiff_t from_row, V& c0, V& c1, V& c2, V& c3) {
  const hn::FixedTag<float, 4 * kBlocks> d;
  TransposeFours(d, LoadBlocks<kBlocks>(from, from_row),
                 LoadBlocks<kBlocks>(from + from_row, from_row),
                 LoadBlocks<kBlocks>(from + 2 * from_row, from_row),
                 LoadBlocks<kBlocks>(from + 3 * from_row, from_row), c0, c1, c2, c3);
}

// The same, a column each to_row floats.
template <int64_t kBlocks>
HWY_INLINE void TransposeBlocks(const float* from, ptrdiff_t from_row, float* to,
                                ptrdiff_t to_row) {
  const hn::FixedTag<float, 4 * kBlocks> d;
  hn::Vec<decltype(d)> c0 = hn::Zero(d), c1 = c0, c2 = c0, c3 = c0;
  LoadColumns<kBlocks>(from, from_row, c0, c1, c2, c3);
  hn::StoreU(c0, d, to);
  hn::StoreU(c1, d, to + to_row);
  hn::StoreU(c2, d, to + 2 * to_row);
  hn::StoreU(c3, d, to + 3 * to_row);
}

inline void TransposeInBlocks(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                              float* to, ptrdiff_t to_row) {
  // A cache line of each row and of each column at a time, since rows lie at distances that fall
  // into few cache sets.
  constexpr int64_t kSide = kLine / sizeof(float);
  for (int64_t row = 0; row < rows; row += kSide) {
    const int64_t row_end = std::min(row + kSide, rows);
    for (int64_t column = 0; column < columns; column += kSide) {
      const int64_t column_end = std::min(column + kSide, columns);
      for (int64_t c = column; c < column_end; ++c) PrefetchStore(to + c * to_row + row, 2 * kLine);
      int64_t r = row;
      if constexpr (kRowBlocks > 1) {
        constexpr int64_t kHigh = 4 * kRowBlocks;
        for (; r + kHigh <= row_end; r += kHigh) {
          int64_t c = column;
          for (; c + 4 <= column_end; c += 4) {
            TransposeBlocks<kRowBlocks>(from + r * from_row + c, from_row, to + c * to_row + r,
                                        to_row);
          }
          TransposeScalar(from + r * from_row + c, from_row, kHigh, column_end - c,
                          to + c * to_row + r, to_row);
        }
      }
      for (; r + 4 <= row_end; r += 4) {
        int64_t c = column;
        for (; c + 4 <= column_end; c += 4) {
          TransposeBlocks<1>(from + r * from_row + c, from_row, to + c * to_row + r, to_row);
        }
        TransposeScalar(from + r * from_row + c, from_row, 4, column_end - c, to + c * to_row + r,
                        to_row);
      }
      TransposeScalar(from + r * from_row + column, from_row, row_end - r, column_end - column,
                      to + column * to_row + r, to_row);
    }
  }
}

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3

// Eight columns of eight rows, four of them from `first` and four from `second` on: vectors of
// columns c and c + 4.
template <class V>
HWY_INLINE void TransposeEightRows(const float* first, const float* second, ptrdiff_t from_row,
                                   V& c0, V& c1, V& c2, V& c3) {
  const hn::DFromV<V> d;
  const hn::Half<decltype(d)> half;
  const auto load = [&](ptrdiff_t row) HWY_ATTR {
    return hn::Combine(d, hn::LoadU(half, second + row), hn::LoadU(half, first + row));
  };
  TransposeFours(d, load(0), load(from_row), load(2 * from_row), load(3 * from_row), c0, c1, c2,
                 c3);
}

// Columns c and c + 4 of 16 rows.
template <class V>
HWY_INLINE void StoreTwoColumns(V low, V high, float* to, float* to4) {
  const hn::DFromV<V> d;
  PrefetchStore(to, 2 * kLine);
  PrefetchStore(to4, 2 * kLine);
  hn::StoreU(V{_mm512_shuffle_f32x4(low.raw, high.raw, 0x88)}, d, to);
  hn::StoreU(V{_mm512_shuffle_f32x4(low.raw, high.raw, 0xDD)}, d, to4);
}

// 16 rows, eight columns at a time: half the loads that four columns take. Few pointers and
// distances, all in registers.
class Stripe {
 public:
  HWY_INLINE Stripe(const float* from, ptrdiff_t from_row, float* to, ptrdiff_t to_row)
      : from_(from), from_row_(from_row), to_(to), to_row_(to_row) {}

  // At least eight columns. The last eight begin inside those before.
  HWY_INLINE void Transpose(int64_t columns) {
    int64_t c = 0;
    for (; c + 8 <= columns; c += 8) {
      EightColumns();
      Move(8);
    }
    if (c == columns) return;
    Move(columns - 8 - c);
    EightColumns();
  }

 private:
  HWY_INLINE void Move(ptrdiff_t columns) { from_ += columns, to_ += columns * to_row_; }

  HWY_INLINE void EightColumns() {
    using V = hn::Vec<hn::FixedTag<float, 16> >;
    const float *from4 = from_ + 4 * from_row_, *from8 = from_ + 8 * from_row_;
    const float* from12 = from_ + 12 * from_row_;
    float* const to4 = to_ + 4 * to_row_;
    V low0, low1, low2, low3, high0, high1, high2, high3;
    TransposeEightRows(from_, from4, from_row_, low0, low1, low2, low3);
    TransposeEightRows(from8, from12, from_row_, high0, high1, high2, high3);
    StoreTwoColumns(low0, high0, to_, to4);
    StoreTwoColumns(low1, high1, to_ + to_row_, to4 + to_row_);
    StoreTwoColumns(low2, high2, to_ + 2 * to_row_, to4 + 2 * to_row_);
    StoreTwoColumns(low3, high3, to_ + 3 * to_row_, to4 + 3 * to_row_);
  }

  const float* from_;
  const ptrdiff_t from_row_;
  float* to_;
  const ptrdiff_t to_row_;
};

HWY_INLINE void TransposeMatrix(const float* from, ptrdiff_t from_row, int64_t rows,
                                int64_t columns, float* to, ptrdiff_t to_row) {
  if (rows < 16 || columns < 8) {
    return TransposeInBlocks(from, from_row, rows, columns, to, to_row);
  }
  // The last 16 rows begin inside those before, too.
  for (int64_t r = 0; r < rows; r += 16) {
    const int64_t row = std::min(r, rows - 16);
    Stripe(from + row * from_row, from_row, to + row, to_row).Transpose(columns);
  }
}

#else

HWY_INLINE void TransposeMatrix(const float* from, ptrdiff_t from_row, int64_t rows,
                                int64_t columns, float* to, ptrdiff_t to_row) {
  TransposeInBlocks(from, from_row, rows, columns, to, to_row);
}

#endif

#endif

inline void Transpose(const float* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                      float* to, ptrdiff_t to_row) {
  const KernelScope scope;
  TransposeMatrix(from, from_row, rows, columns, to, to_row);
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
