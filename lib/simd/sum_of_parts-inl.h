// Sums of windows with more rows or columns than a part has: as in window-inl.h, with a sum of its
// own for each part of a row, each row and each part of the rows, so that none has many terms.
#if defined(WINDROW_LIB_SIMD_SUM_OF_PARTS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_SUM_OF_PARTS_INL_H_
#undef WINDROW_LIB_SIMD_SUM_OF_PARTS_INL_H_
#else
#define WINDROW_LIB_SIMD_SUM_OF_PARTS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

// Calls X(v) for the vectors of a chunk.
#define WINDROW_FOR_VECS(X)      \
  X(0);                          \
  if constexpr (kVecs > 1) X(1); \
  if constexpr (kVecs > 2) X(2); \
  if constexpr (kVecs > 3) X(3)
#define WINDROW_DECLARE(name)            \
  WindowV name##0 = hn::Zero(WindowD()); \
  [[maybe_unused]] WindowV name##1 = name##0, name##2 = name##0, name##3 = name##0
#define WINDROW_PLACE(v) (v * static_cast<ptrdiff_t>(hn::Lanes(WindowD())))

struct SumOfParts {
  static constexpr int kMaxVecs = 4;
  using Taps = typename Extent<0, 0>::Taps;

  template <int kVecs, class Access>
  static HWY_INLINE void Run(const WindowArgs& t, const Items& at, Access access) {
    const WindowD d;
    WINDROW_DECLARE(all);
    ptrdiff_t row = at.at;
    for (int64_t i = 0; i < t.rows;) {
      WINDROW_DECLARE(part);
      for (const int64_t end = PartEnd(i, t.rows_before, t.rows); i < end; ++i, row += t.x_row) {
        WINDROW_DECLARE(sum);
        for (int64_t j = 0; j < t.columns;) {
          WINDROW_DECLARE(taps);
          for (const int64_t last = PartEnd(j, t.columns_before, t.columns); j < last; ++j) {
            const float* const x = t.taps[j] + row;
#define WINDROW_ADD(v) taps##v = hn::Add(taps##v, access.Load(d, x + WINDROW_PLACE(v)))
            WINDROW_FOR_VECS(WINDROW_ADD);
          }
#define WINDROW_ADD_TAPS(v) sum##v = hn::Add(sum##v, taps##v)
          WINDROW_FOR_VECS(WINDROW_ADD_TAPS);
        }
#define WINDROW_ADD_ROW(v) part##v = hn::Add(part##v, sum##v)
        WINDROW_FOR_VECS(WINDROW_ADD_ROW);
      }
#define WINDROW_ADD_PART(v) all##v = hn::Add(all##v, part##v)
      WINDROW_FOR_VECS(WINDROW_ADD_PART);
    }
    float* const y = t.y + at.output * t.y_step + at.item;
#define WINDROW_STORE(v)                                                                     \
  access.Store(d, Sum<Extent<0, 0>>::Divided(t, at.item + WINDROW_PLACE(v), all##v, access), \
               y + WINDROW_PLACE(v))
    WINDROW_FOR_VECS(WINDROW_STORE);
  }
#undef WINDROW_ADD
#undef WINDROW_ADD_TAPS
#undef WINDROW_ADD_ROW
#undef WINDROW_ADD_PART
#undef WINDROW_STORE
};

#undef WINDROW_FOR_VECS
#undef WINDROW_DECLARE
#undef WINDROW_PLACE

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
