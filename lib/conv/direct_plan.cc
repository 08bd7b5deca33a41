#include "lib/conv/direct_plan.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

// All, unless the weights of the widest panel would crowd everything else out of the L2 cache, and
// sums can wait in y (if y is also the residual, they cannot).
int64_t KernelRowsPerBlock(const DirectPlan& p) {
  const ConvCall& c = p.call;
  const int64_t row_bytes = p.row_weights * c.op->lanes * c.op->tiles->max_vecs * kFloat;
  const bool resumable = c.residual == nullptr || c.residual != c.y;
  if (!resumable || c.h.out * c.w.out < 2 * kMaxTileRows) return c.h.kernel;
  return std::clamp<int64_t>(Caches().l2 / 2 / row_bytes, 1, c.h.kernel);
}

int64_t Bands(const DirectPlan& p) {
  const ConvCall& c = p.call;
  int64_t bands = 1;
  // A band of a group's input that fits a quarter meets all of the group's panels there.
  if (p.weights_stay && p.panels > c.op->groups) {
    bands = CeilDiv(c.h.in * c.w.in * c.op->group_in() * kFloat, Caches().l2 / 4);
  }
  bands = std::max(bands, BandsForThreads(c, p.panels * c.n));
  return std::clamp<int64_t>(bands, 1, p.length);
}

}  // namespace

ConvCall Flattened(ConvCall call) {
  if (call.n == 0) return call;  // a row of no pixels would be none
  if (call.h.kernel != 1 || call.w.kernel != 1 || call.h.stride != 1 || call.w.stride != 1) {
    return call;
  }
  if (call.h.in != call.h.out || call.w.in != call.w.out) return call;  // padded
  const auto all = [&call](const auto& even) {
    return even(call.xs) && even(call.ys) && (call.residual == nullptr || even(call.rs));
  };
  const int64_t row = call.w.out, image = call.h.out * call.w.out;
  if (!all([&](const Strides& s) { return s.h == s.w * row; })) return call;
  call.h.in = call.h.out = 1;
  call.w.in = call.w.out = image;
  if (!all([&](const Strides& s) { return s.n == s.w * image; })) return call;
  call.w.in = call.w.out = image * call.n;
  call.n = 1;
  return call;
}

DirectPlan PlanDirect(const ConvCall& call) {
  DirectPlan p{};
  p.call = Flattened(call);
  const ConvCall& c = p.call;
  const ConvOp& op = *c.op;
  p.row_weights = op.group_in() * c.w.kernel;
  // (A depthwise tile adds one input a run.)
  p.merged = !op.depthwise() && c.w.dilation == 1 && c.xs.w == op.group_in();
  p.kernel_rows = KernelRowsPerBlock(p);
  p.weights_stay = op.out_channels * p.row_weights * c.h.kernel * kFloat <= Caches().l2 / 2;
  p.pixels_once = c.h.kernel * c.w.kernel == 1 && c.w.stride == 1;
  p.panels = c.weights->panels();
  p.by_rows = c.h.out >= std::min<int64_t>(c.w.out, 16);
  p.length = p.by_rows ? c.h.out : c.w.out;
  p.bands = Bands(p);
  return p;
}

}  // namespace windrow::internal
