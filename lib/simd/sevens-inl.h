// Sums of planes of 7 x 7, the last ones of most networks for pictures of 224 x 224, where the
// planes follow each other: sums of rows of seven, and then of seven of these, which follow each
// other too. With fewer instructions than it takes to transpose the planes.
//
// 16 rows of seven are seven vectors of 16 lanes, of which element 16 v + l is in column
// (2 v + l) mod 7. So each lane has each column once, column j in vector 4 (j - l) mod 7. If in
// each lane the vectors are rotated by 4 l mod 7, vector u has column 2 u mod 7 in all lanes, that
// of row r in lane (7 r + column) mod 16: one lane further from column to column.
#if defined(WINDROW_LIB_SIMD_SEVENS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_SEVENS_INL_H_
#undef WINDROW_LIB_SIMD_SEVENS_INL_H_
#else
#define WINDROW_LIB_SIMD_SEVENS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>

#include "lib/simd/lanes-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
class Sevens {
 public:
  HWY_INLINE Sevens() : order_(hn::SetTableIndices(D(), kOrder)) {}

  // Those of the planes of t from `plane` on, one to a lane, to y.
  HWY_INLINE void Sums(const WindowArgs& t, int64_t plane) const {
    const D d;
    const float* x = t.taps[0] + t.offset + plane * kPlane;
    HWY_ALIGN float rows[kSide * kLanes];
    for (int64_t i = 0; i < kSide; ++i, x += kSide * kLanes) {
      // As much of the next planes.
      for (ptrdiff_t k = 0; k < kSide; ++k) PrefetchStore(x, (kPlane + k) * kLine);
      hn::Store(OfRows(x), d, rows + i * kLanes);
    }
    hn::StoreU(OfRows(rows), d, t.y + plane);
  }

  static constexpr int kSide = 7, kPlane = kSide * kSide, kLanes = 16;

 private:
  using D = hn::FixedTag<float, kLanes>;
  using V = hn::Vec<D>;

  // Where the sum of each row is in the end.
  HWY_ALIGN static constexpr int32_t kOrder[kLanes] = {6,  13, 4,  11, 2,  9, 0, 7,
                                                       14, 5,  12, 3,  10, 1, 8, 15};

  // The lanes whose rotation, 4 l mod 7, has this bit.
  static constexpr __mmask16 LanesOf(int bit) {
    int mask = 0;
    for (int l = 0; l < kLanes; ++l) mask |= ((4 * l % kSide) & bit) != 0 ? 1 << l : 0;
    return static_cast<__mmask16>(mask);
  }
  template <int kBy>
  static HWY_INLINE void Rotate(V (&v)[kSide]) {
    const hn::Mask<D> lanes{LanesOf(kBy)};
    V from[kSide];
    HWY_UNROLL(7) for (int u = 0; u < kSide; ++u) from[u] = v[u];
    HWY_UNROLL(7) for (int u = 0; u < kSide; ++u) {
      v[u] = hn::IfThenElse(lanes, from[(u + kSide - kBy) % kSide], from[u]);
    }
  }
  static HWY_INLINE V OneLaneUp(V v) {
    const __m512i bits = _mm512_castps_si512(v.raw);
    return V{_mm512_castsi512_ps(_mm512_alignr_epi32(bits, bits, kLanes - 1))};
  }

  // The sums of 16 rows, from the left.
  HWY_INLINE V OfRows(const float* x) const {
    V v[kSide];
    HWY_UNROLL(7) for (int u = 0; u < kSide; ++u) v[u] = hn::LoadU(D(), x + u * kLanes);
    Rotate<1>(v);
    Rotate<2>(v);
    Rotate<4>(v);
    V sum = v[0];
    HWY_UNROLL(7) for (int column = 1; column < kSide; ++column) {
      sum = hn::Add(OneLaneUp(sum), v[4 * column % kSide]);
    }
    return hn::TableLookupLanes(sum, order_);
  }

  const decltype(hn::SetTableIndices(D(), kOrder)) order_;
};
#endif

// The sums of all planes of t to y. False if they are others, or the target has nothing for them.
HWY_INLINE bool SumSevens([[maybe_unused]] const WindowArgs& t) {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
  constexpr int64_t kSide = Sevens::kSide;
  if (t.rows != kSide || t.columns != kSide || t.x_row != kSide || t.x_step != Sevens::kPlane) {
    return false;
  }
  const Sevens sevens;
  int64_t p = 0;
  for (; p + Sevens::kLanes <= t.items; p += Sevens::kLanes) sevens.Sums(t, p);
  // The last begin inside the ones before.
  if (p < t.items) sevens.Sums(t, t.items - Sevens::kLanes);
  return true;
#else
  return false;
#endif
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
