#include "lib/pool/backward.h"
#include "lib/pool/reduction.h"
#include "lib/pool/strategies.h"
#include "windrow/pool2d.h"

namespace windrow {
namespace internal {
namespace {

const char* RefusePixels(const PoolShape& shape) {
  if (!shape.ArePixels(shape.xs)) return "the channels of x are not neighbours";
  if (!shape.ArePixels(shape.ys)) return "the channels of y are not neighbours";
  if (!shape.with_indices) return nullptr;
  if (!shape.ArePixels(shape.is)) return "the channels of the indices are not neighbours";
  return RefuseLargePlanes(shape);
}

// Whether rows first beats reducing each window on its own: it loads and stores less.
bool PrefersRowsFirst(const PoolShape& shape) {
  const WindowAxis &h = shape.h, &w = shape.w;
  if (h.MaxTaps() == 1 || w.adaptive) return false;
  // As many pixels at a time as a large window has arrive slowly.
  const double taps = Number(h.MaxTaps()) * Number(w.MaxTaps());
  const double step = h.adaptive ? taps : Number(h.stride);
  return taps >= 25 || taps >= 2 * (Number(w.kernel) * step + Number(h.kernel) + 2);
}

const char* ConsiderPixels(const PoolShape& shape, PoolPlan& plan) {
  if (const char* reason = RefusePixels(shape)) return reason;
  if (PrefersRowsFirst(shape)) {
    const ReductionPlan rows_first(shape, PoolLanesAre::kChannels, true);
    if (Offer(rows_first, plan) == nullptr) return nullptr;
  }
  return Offer(ReductionPlan(WithImagesAsRows(shape), PoolLanesAre::kChannels, false), plan);
}

const char* ConsiderTransposed(const PoolShape& shape, PoolPlan& plan) {
  if (shape.with_indices && RefuseLargePlanes(shape) != nullptr) return RefuseLargePlanes(shape);
  return Offer(ReductionPlan(shape, PoolLanesAre::kChannels, true), plan);
}

constexpr Strategy<PoolShape, PoolBuffers> kStrategies[] = {
    {"pixels", "pixels where they lie, lanes over channels", ConsiderPixels},
    {"planes", "planes where they lie, lanes over the pixels of a row", ConsiderPlanes},
    {"transposed", "any layouts, channels transposed to pixels and back", ConsiderTransposed},
    {"reference", "scalar, for any problem", ConsiderPoolReference},
};

constexpr Strategy<PoolShape, PoolBackwardBuffers> kBackwardStrategies[] = {
    {"rows", "rows and columns of dx, which find what outputs add to them", ConsiderBackwardRows},
    {"reference", "scalar, for any problem", ConsiderBackwardReference},
};

}  // namespace

const Registry<PoolShape, PoolBuffers>& PoolRegistry() {
  static constexpr Registry<PoolShape, PoolBuffers> kRegistry("pooling", kStrategies);
  return kRegistry;
}

const Registry<PoolShape, PoolBackwardBuffers>& PoolBackwardRegistry() {
  static constexpr Registry<PoolShape, PoolBackwardBuffers> kRegistry("pooling backward",
                                                                      kBackwardStrategies);
  return kRegistry;
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> PoolAlgorithms() { return internal::PoolRegistry().Names(); }

std::vector<std::string> PoolBackwardAlgorithms() {
  return internal::PoolBackwardRegistry().Names();
}

}  // namespace v0
}  // namespace windrow
