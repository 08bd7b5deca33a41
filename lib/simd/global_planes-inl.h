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
#include "lib/simd/leave-inl.h"
#include "lib/simd/sevens-inl.h"
#include "lib/simd/transpose-inl.h"
#include "lib/simd/window-inl.h"

HWY_BEFORE_NAMESPACE();
namespace windrow::internal::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR
inline constexpr int64_t kPlanes = 1;
#else
inline constexpr int64_t kPlanes = 4 * kRowBlocks;
#endif
using PlanesD = hn::FixedTag<float, kPlanes>;
using PlanesV = hn::Vec<PlanesD>;

// How a column of all planes is taken. `left` are those of its row, itself included.
struct PlanesSum {
  static constexpr bool kChecked = false;
  // Whether all planes are done in a way of their own.
  static HWY_INLINE bool TakeAll(const WindowArgs& t) { return SumSevens(t); }
  static HWY_INLINE PlanesV Start() { return hn::Zero(PlanesD()); }
  static HWY_INLINE void Take(const WindowArgs& t, PlanesV x, PlanesV, PlanesV& sum, PlanesV& row,
                              int64_t& left) {
    row = hn::Add(row, x);
    if (--left != 0) return;
    sum = hn::Add(sum, row);
    row = hn::Zero(PlanesD());
    left = t.columns;
  }
};

struct PlanesMax {
  static constexpr bool kChecked = true;
  static HWY_INLINE bool TakeAll(const WindowArgs&) { return false; }
  static HWY_INLINE PlanesV Start() {
    return hn::Set(PlanesD(), -std::numeric_limits<float>::infinity());
  }
  static HWY_INLINE void Take(const WindowArgs&, PlanesV x, PlanesV one, PlanesV& max,
                              PlanesV& seen, int64_t&) {
    max = LaterMax(x, max);
    seen = AddBeside(seen, x, one);
  }
};

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
  PlanesV result = Reduction::Start(), other = hn::Zero(d);
  int64_t left = t.columns;
  const auto take = [&](PlanesV x)
                        WINDROW_LAMBDA { Reduction::Take(t, x, one, result, other, left); };
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
