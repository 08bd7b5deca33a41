// The terms of averages.
#include <algorithm>

#include "lib/pool/backward_terms.h"

namespace windrow::internal {
namespace {

int32_t* Integers(float* at) { return reinterpret_cast<int32_t*>(at); }

}  // namespace

AverageTerms::AverageTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
                           const GradientTile& tile, float* scratch)
    : plan_(plan), shape_(plan.shape), buffers_(buffers), tile_(tile), scratch_(scratch) {
  ListOutputs(Integers(scratch + plan.at.first), Integers(scratch + plan.at.count));
  if (plan.stretches) stretched_.emplace(plan, tile, scratch + plan.at.stretched, 0);
  if (plan.uniform) return;
  for (int64_t o = 0; o < tile.outputs_width(); ++o) {
    Counted()[o] = shape_.Counted(shape_.w.At(tile.outputs.begin + o));
  }
}

// Of each column, those whose windows hold it; of a stretched row, zeros between them too.
void AverageTerms::ListOutputs(int32_t* first, int32_t* count) {
  if (plan_.stretches) {
    for (int64_t p = 0; p < tile_.width(); ++p) {
      first[p] = static_cast<int32_t>(p);
      count[p] = static_cast<int32_t>(shape_.w.kernel);
    }
    step_ = shape_.w.dilation;
    shifted_ = {0, tile_.width()};
    return;
  }
  step_ = internal::ListOutputs(shape_.w, tile_, first, count);
  for (int64_t p = 0, begin = 0; p < tile_.width(); ++p) {
    if (p == 0 || first[p] != first[p - 1] + 1 || count[p] != count[p - 1]) begin = p;
    if (p + 1 - begin > shifted_.end - shifted_.begin) shifted_ = {begin, p + 1};
  }
}

void AverageTerms::Put(const ImageChannels& channels, int64_t oh, const Window& window,
                       const WindowAxis::Range&) const {
  const int64_t outputs = tile_.outputs_width();
  DivideArgs divide{.from = buffers_.dy + channels.At(shape_.ys, oh, tile_.outputs.begin),
                    .from_pixel = shape_.ys.w,
                    .pixels = outputs,
                    .items = channels.count,
                    .divisors = nullptr,
                    .divisor = shape_.Divisor(window, shape_.w.At(tile_.outputs.begin)),
                    .to = scratch_ + plan_.at.quotients};
  if (channels.count > 1 && shape_.ys.c != 1 && outputs > 0) {
    ToPixels(shape_, divide.from, shape_.ys, channels.count, outputs, divide.to);
    divide.from = divide.to;
    divide.from_pixel = channels.count;
  }
  if (!plan_.uniform) {
    float* const divisors = scratch_ + plan_.at.divisors;
    const int64_t rows = shape_.Counted(window);
    for (int64_t o = 0; o < outputs; ++o) divisors[o] = static_cast<float>(rows * Counted()[o]);
    divide.divisors = divisors;
  }
  const PoolBackwardKernels& kernels = shape_.op->kernels->backward;
  const bool in_place = stretched_ && stretched_->side_by_side();
  if (in_place) divide.to = stretched_->first();
  kernels.divide(divide);
  if (stretched_ && !in_place) stretched_->Put(kernels, divide.to, outputs);
  kernels.spread({.from = stretched_ ? stretched_->data() : divide.to,
                  .first = Integers(scratch_ + plan_.at.first),
                  .count = Integers(scratch_ + plan_.at.count),
                  .step = step_,
                  .pixels = tile_.width(),
                  .items = channels.count,
                  .shifted_begin = shifted_.begin,
                  .shifted_end = shifted_.end,
                  .to = scratch_ + plan_.at.partial});
}

void AverageTerms::Add(const ImageChannels& channels, const GradientRows& rows) const {
  AddLinesArgs args = LinesOf(tile_, channels, rows);
  args.from = scratch_ + plan_.at.partial;
  shape_.op->kernels->backward.add_lines(args);
}

}  // namespace windrow::internal
