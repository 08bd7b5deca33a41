// The transposition of indices, which become 64 bits wide: from pixels to planes.
#if defined(WINDROW_LIB_SIMD_TRANSPOSE_INDICES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_TRANSPOSE_INDICES_INL_H_
#undef WINDROW_LIB_SIMD_TRANSPOSE_INDICES_INL_H_
#else
#define WINDROW_LIB_SIMD_TRANSPOSE_INDICES_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/simd/pool_ops-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// to[column * to_row + row] = from[row * from_row + column]
inline void TransposeIndices(const int32_t* from, ptrdiff_t from_row, int64_t rows, int64_t columns,
                             int64_t* to, ptrdiff_t to_row) {
  const KernelScope scope;
  // Blocks of whole vectors of rows, through a buffer, in which they are transposed as floats are.
  constexpr int64_t kRows = 64, kColumns = 16;
  HWY_ALIGN float block[kColumns * kRows];
  const PoolDI di;
  const auto lanes = static_cast<int64_t>(hn::Lanes(di));
  for (int64_t r = 0; r < rows; r += kRows) {
    const int64_t high = std::min(kRows, rows - r);
    for (int64_t c = 0; c < columns; c += kColumns) {
      const int64_t wide = std::min(kColumns, columns - c);
      TransposeMatrix(reinterpret_cast<const float*>(from + r * from_row + c), from_row, high, wide,
                      block, kRows);
      for (int64_t i = 0; i < wide; ++i) {
        const auto* const row = reinterpret_cast<const int32_t*>(block + i * kRows);
        int64_t* const y = to + (c + i) * to_row + r;
        int64_t j = 0;
        for (; j + lanes <= high; j += lanes) {
          PrefetchIndices(y + j, kRows * static_cast<ptrdiff_t>(sizeof(int64_t)));
          StoreIndices(hn::LoadU(di, row + j), y + j, AllLanes());
        }
        if (j == high) continue;
        const FirstLanes rest{static_cast<size_t>(high - j)};
        StoreIndices(rest.Load(di, row + j), y + j, rest);
      }
    }
  }
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
