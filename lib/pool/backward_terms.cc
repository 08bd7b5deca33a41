// What the terms of averages and maxima share.
#include "lib/pool/backward_terms.h"

#include <algorithm>

namespace windrow::internal {

void ToPixels(const PoolShape& shape, const float* from, const Strides& s, int64_t channels,
              int64_t pixels, float* to) {
  if (s.w == 1) return shape.op->kernels->transpose(from, s.c, channels, pixels, to, channels);
  for (int64_t p = 0; p < pixels; ++p) {
    for (int64_t c = 0; c < channels; ++c) *to++ = from[p * s.w + c * s.c];
  }
}

StretchedRow::StretchedRow(const BackwardRowsPlan& plan, const GradientTile& tile, float* at,
                           int32_t fill)
    : stride_(plan.shape.w.stride), fill_(fill), to_(reinterpret_cast<int32_t*>(at)) {
  const WindowAxis& w = plan.shape.w;
  offset_ = tile.outputs.begin * w.stride - (tile.columns.begin + w.before - (w.extent() - 1));
  std::fill_n(to_, plan.StretchedWidth(tile.width()) + 1, fill);
}

void StretchedRow::Put(const PoolBackwardKernels& kernels, const void* outputs,
                       int64_t count) const {
  const auto* const from = static_cast<const int32_t*>(outputs);
  if (stride_ > 1) {
    kernels.stretch({from, count, stride_, fill_, to_ + offset_});
  } else {
    std::copy_n(from, count, to_ + offset_);
  }
}

int64_t ListOutputs(const WindowAxis& w, const GradientTile& tile, int32_t* first, int32_t* count) {
  int64_t step = 1;
  for (int64_t p = 0; p < tile.width(); ++p) {
    const WindowAxis::Outputs of = w.OutputsOf(tile.columns.begin + p);
    const bool none = of.begin == of.end;
    first[p] = static_cast<int32_t>(none ? 0 : of.begin - tile.outputs.begin);
    count[p] = static_cast<int32_t>(none ? 0 : CeilDiv(of.end - of.begin, of.step));
    step = of.step;
  }
  return step;
}

AddLinesArgs LinesOf(const GradientTile& tile, const ImageChannels& channels,
                     const GradientRows& rows) {
  return {.from = nullptr,
          .from_line = 0,
          .to = tile.Row(rows.first),
          .to_line = rows.step * tile.dx_row,
          .to_pixel = tile.dx_pixel,
          .lines = rows.count,
          .pixels = tile.width(),
          .items = channels.count,
          .first = rows.begins,
          .last = rows.ends,
          .clear = false};
}

void CheckAllIndices(const PoolShape& shape, const PoolBackwardBuffers& buffers,
                     const ImageChannels& channels) {
  for (int64_t oh = 0; oh < shape.h.out; ++oh) {
    for (int64_t ow = 0; ow < shape.w.out; ++ow) {
      const int64_t* const index = buffers.indices + channels.At(shape.is, oh, ow);
      for (int64_t c = 0; c < channels.count; ++c) CheckIndex(shape, index[c * shape.is.c]);
    }
  }
}

}  // namespace windrow::internal
