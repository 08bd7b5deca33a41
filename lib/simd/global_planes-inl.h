// The inner loops of pooling with one window an image, of planes: as many planes at a time as a
// vector has lanes, their columns turned into vectors (transpose-inl.h) and reduced at once.
#if defined(WINDROW_LIB_SIMD_GLOBAL_PLANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef WINDROW_LIB_SIMD_GLOBAL_PLANES_INL_H_
#undef WINDROW_LIB_SIMD_GLOBAL_PLANES_INL_H_
#else
#define WINDROW_LIB_SIMD_GLOBAL_PLANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>

#include "lib/simd/global_pixels-inl.h"
#include "lib/simd/sevens-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/window-inl.h"
#include "lib/simd/zero_upper-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
inline constexpr int64_t kPlanes = 1;
#else
inline constexpr int64_t kPlanes = 4 * kRowBlocks;
#endif
using PlanesD = hn::FixedTag<float, kPlanes>;
using PlanesV = hn::Vec<PlanesD>;

// What is left of a part of a row, where it ends, and that of its row and of the part of these.
struct PlanesPlace {
  int64_t left, column, row, rows;

  explicit HWY_INLINE PlanesPlace(const WindowArgs& t) : column(0), row(0) {
    rows = PartEnd(0, t.rows_before, t.rows);
    NextPart(t);
  }
  HWY_INLINE void NextPart(const WindowArgs& t) {
    const int64_t end = PartEnd(column, t.columns_before, t.columns);
    left = end - column;
    column = end;
  }
};

// How a column of all planes is taken, and what is gathered: of sums those of a part of a row, of a
// row, of a part of the rows and of all; of maxima these and what shows a NaN.
#define WINDROW_GATHERED PlanesV &all, PlanesV &other, PlanesV &row, PlanesV &rows
struct PlanesSum {
  static constexpr bool kChecked = false;
  // Whether all planes are done in a way of their own.
  static HWY_INLINE bool TakeAll(const WindowArgs& t) { return SumSevens(t); }
  static HWY_INLINE PlanesV Start() { return hn::Zero(PlanesD()); }
  static HWY_INLINE void Take(const WindowArgs& t, PlanesV x, PlanesV, PlanesPlace& at,
                              WINDROW_GATHERED) {
    const PlanesD d;
    other = hn::Add(other, x);
    if (--at.left != 0) return;
    if (HWY_UNLIKELY(t.columns_before + t.columns > kPartTaps)) {
      other = row = hn::Add(row, other);
      if (at.column < t.columns) {
        other = hn::Zero(d);
        return at.NextPart(t);
      }
      row = hn::Zero(d);
    }
    at.column = 0;
    at.NextPart(t);
    ++at.row;
    if (HWY_UNLIKELY(t.rows_before + t.rows > kPartTaps)) {
      other = rows = hn::Add(rows, other);
      if (at.row < at.rows) {
        other = hn::Zero(d);
        return;
      }
      rows = hn::Zero(d);
      at.rows = PartEnd(at.row, t.rows_before, t.rows);
    }
    all = hn::Add(all, other);
    other = hn::Zero(d);
  }
};

struct PlanesMax {
  static constexpr bool kChecked = true;
  static HWY_INLINE bool TakeAll(const WindowArgs&) { return false; }
  static HWY_INLINE PlanesV Start() {
    return hn::Set(PlanesD(), -std::numeric_limits<float>::infinity());
  }
  static HWY_INLINE void Take(const WindowArgs&, PlanesV x, PlanesV one, PlanesPlace&,
                              WINDROW_GATHERED) {
    all = LaterMax(x, all);
    other = AddBeside(other, x, one);
    (void)row, (void)rows;
  }
};
#undef WINDROW_GATHERED

// Where one is NaN, which wins.
inline void CarefulPlane(const WindowArgs& t, int64_t plane) {
  const float* x = t.taps[0] + t.offset + plane * t.x_step;
  float max = *x;
  for (int64_t i = 0; i < t.rows; ++i, x += t.x_row) {
    for (int64_t j = 0; j < t.columns; ++j) {
      if (x[j] > max || x[j] != x[j]) max = x[j];
    }
  }
  t.y[plane] = max;
}

// kPlanes planes from `plane` on, in lines of as many columns as follow each other.
template <class Reduction>
HWY_INLINE void ReducePlanes(const WindowArgs& t, int64_t plane, int64_t lines, int64_t columns) {
  const PlanesD d;
  const PlanesV one = hn::Set(d, t.one);
  PlanesV result = Reduction::Start(), other = hn::Zero(d), row = other, rows = other;
  PlanesPlace place(t);
  const auto take = [&](PlanesV x)
                        HWY_ATTR { Reduction::Take(t, x, one, place, result, other, row, rows); };
  const float* x = t.taps[0] + t.offset + plane * t.x_step;
  for (int64_t line = 0; line < lines; ++line, x += t.x_row) {
    int64_t j = 0;
#if HWY_TARGET != HWY_SCALAR
    PlanesV a = other, b = other, c = other, e = other;
    for (; j + 4 <= columns; j += 4) {
      // As much of the next planes.
      const ptrdiff_t next = kPlanes * (t.x_step + j) * static_cast<ptrdiff_t>(sizeof(float));
      for (ptrdiff_t k = 0; k < 4; ++k) PrefetchStore(x, next + k * kLine);
      LoadColumns<kRowBlocks>(x + j, t.x_step, a, b, c, e);
      take(a), take(b), take(c), take(e);
    }
    if (j > 0 && j < columns) {  // the last begin inside the ones before
      LoadColumns<kRowBlocks>(x + columns - 4, t.x_step, a, b, c, e);
      if (columns - j > 2) take(b);
      if (columns - j > 1) take(c);
      take(e);
      continue;
    }
#endif
    for (; j < columns; ++j) {
      HWY_ALIGN float column[kPlanes];
      for (ptrdiff_t p = 0; p < kPlanes; ++p) {
        std::memcpy(column + p, x + p * t.x_step + j, sizeof(float));
      }
      take(hn::Load(d, column));
    }
  }
  hn::StoreU(result, d, t.y + plane);
  if constexpr (Reduction::kChecked) {
    if (HWY_LIKELY(hn::AllTrue(d, hn::Eq(other, other)))) return;
    for (int64_t p = plane; p < plane + kPlanes; ++p) CarefulPlane(t, p);
  }
}

// What was reduced, as it is stored.
struct FinishPlanes {
  const WindowArgs& t;

  template <class Access>
  HWY_INLINE void Take(int64_t item, Access access) const {
    const WindowD d;
    const WindowV v = Sum<Extent<0, 0>>::Divided(t, item, access.Load(d, t.y + item), access);
    access.Store(d, t.divisor == 0 ? CanonicalNaN(Flushed(t, v)) : v, t.y + item);
  }
};

template <class Reduction>
HWY_INLINE void TakePlanes(const WindowArgs& t) {
  const bool follow = t.x_row == t.columns;
  const int64_t lines = follow ? 1 : t.rows, columns = follow ? t.rows * t.columns : t.columns;
  int64_t p = 0;
  for (; p + kPlanes <= t.items; p += kPlanes) ReducePlanes<Reduction>(t, p, lines, columns);
  // The last begin inside the ones before.
  if (p < t.items) ReducePlanes<Reduction>(t, t.items - kPlanes, lines, columns);
}

template <class Reduction>
void GlobalPlanes(const WindowArgs& args) {
  const KernelScope scope;
  const WindowArgs t = Local(args);
  if (!Reduction::TakeAll(t)) TakePlanes<Reduction>(t);
  ForItems(t, FinishPlanes{t});
}

}  // namespace windrow::internal::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard
