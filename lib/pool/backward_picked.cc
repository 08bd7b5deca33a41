// The terms of maxima whose windows are small.
#include <algorithm>

#include "lib/pool/backward_terms.h"

namespace windrow::internal {
namespace {

int32_t* Integers(float* at) { return reinterpret_cast<int32_t*>(at); }

}  // namespace

PickedTerms::PickedTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
                         const GradientTile& tile, float* scratch)
    : plan_(plan), shape_(plan.shape), buffers_(buffers), tile_(tile), scratch_(scratch) {
  args_.pixels = tile.width();
  if (plan.stretches) {
    stretched_.emplace(plan, tile, scratch + plan.at.stretched, 0);
    stretched_indices_.emplace(plan, tile, scratch + plan.at.stretched_indices, -1);
    args_.from = stretched_->data();
    args_.from_pixel = 1;
    args_.indices = reinterpret_cast<const int32_t*>(stretched_indices_->data());
    args_.taps = shape_.w.kernel;
    args_.step = shape_.w.dilation;
    return;
  }
  int32_t* const first = Integers(scratch + plan.at.first);
  int32_t* const count = Integers(scratch + plan.at.count);
  args_.step = ListOutputs(shape_.w, tile, first, count);
  args_.indices = Integers(scratch + plan.at.narrow);
  args_.first = first, args_.count = count;
}

// The indices of an output row as 32 bits, in the order of memory.
void PickedTerms::Narrow(const ImageChannels& channels, int64_t oh, int32_t* to) {
  const Strides& is = shape_.is;
  const int64_t outputs = tile_.outputs_width();
  const int64_t* const indices = buffers_.indices + channels.At(is, oh, tile_.outputs.begin);
  const bool pixels = channels.count == 1 || is.c == 1;
  NarrowArgs args{.from = indices,
                  .from_pixel = pixels ? is.w : is.c,
                  .pixels = pixels ? outputs : channels.count,
                  .items = pixels ? channels.count : outputs,
                  .plane = static_cast<int32_t>(shape_.h.in * shape_.w.in),
                  .to = to};
  if (shape_.op->kernels->backward.narrow(args)) return;
  for (int64_t o = 0; o < outputs; ++o) {
    for (int64_t c = 0; c < channels.count; ++c) CheckIndex(shape_, indices[o * is.w + c * is.c]);
  }
}

void PickedTerms::Put(const ImageChannels& channels, int64_t oh, const Window&,
                      const WindowAxis::Range&) {
  const PoolBackwardKernels& kernels = shape_.op->kernels->backward;
  const int64_t outputs = tile_.outputs_width();
  const float* const dy = buffers_.dy + channels.At(shape_.ys, oh, tile_.outputs.begin);
  int32_t* const narrow = Integers(scratch_ + plan_.at.narrow);
  args_.items = channels.count;
  args_.to_pixel = tile_.dx_pixel;
  if (stretched_) {
    stretched_->Put(kernels, dy, outputs);
    const bool in_place = stretched_->side_by_side();
    Narrow(channels, oh, in_place ? Integers(stretched_indices_->first()) : narrow);
    if (!in_place) stretched_indices_->Put(kernels, narrow, outputs);
    return;
  }
  const auto are_pixels = [&](const Strides& s) { return channels.count == 1 || s.c == 1; };
  args_.from = dy;
  args_.from_pixel = shape_.ys.w;
  if (!are_pixels(shape_.ys)) {
    float* const to = scratch_ + plan_.at.quotients;
    ToPixels(shape_, dy, shape_.ys, channels.count, outputs, to);
    args_.from = to;
    args_.from_pixel = channels.count;
  }
  if (are_pixels(shape_.is)) return Narrow(channels, oh, narrow);
  float* const planes = scratch_ + plan_.at.planes;
  Narrow(channels, oh, Integers(planes));
  shape_.op->kernels->transpose(planes, outputs, channels.count, outputs,
                                scratch_ + plan_.at.narrow, channels.count);
}

void PickedTerms::Add(const ImageChannels&, const GradientRows& rows) const {
  PickArgs args = args_;
  args.first_row = rows.begins, args.last_row = rows.ends;
  for (int64_t r = 0; r < rows.count; ++r) {
    const int64_t row = rows.first + r * rows.step;
    args.target = static_cast<int32_t>(row * shape_.w.in + tile_.columns.begin);
    args.to = tile_.Row(row);
    shape_.op->kernels->backward.pick(args);
  }
}

}  // namespace windrow::internal
