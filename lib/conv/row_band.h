// A part of a call as a call of its own: a band of rows whose outputs stay in the L2 cache for what
// follows, be that an activation or the next layer.
#ifndef WINDROW_LIB_CONV_ROW_BAND_H_
#define WINDROW_LIB_CONV_ROW_BAND_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "lib/conv/axis.h"
#include "lib/conv/block_cut.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// `axis` has the outputs [first, first + count) of another one, and input 0 is that one's
// `first_in`.
struct AxisPart {
  Axis axis;
  int64_t first_in;
};

// With no more inputs than its outputs see, so that an inner part has no padding, nor a part of a
// 1x1 kernel pixels too many; one where they see nothing but padding; all of them where padding may
// copy any.
inline AxisPart PartOf(const Axis& whole, PaddingMode mode, int64_t first, int64_t count) {
  if (first == 0 && count == whole.out) return {whole, 0};
  AxisPart part{whole, 0};
  const int64_t begin = whole.Position(first, 0);
  const int64_t end = whole.Position(first + count - 1, whole.kernel - 1) + 1;
  const bool copies = mode != PaddingMode::kZeros && (begin < 0 || end > whole.in);
  part.axis.out = count;
  if (!copies) {
    part.first_in = std::clamp<int64_t>(begin, 0, whole.in - 1);
    part.axis.in = std::clamp(end, part.first_in + 1, whole.in) - part.first_in;
  }
  part.axis.before = part.first_in - begin;
  return part;
}

// One image's block of outputs, or those of `images` from that one on, on one thread. Distances are
// in floats, from the first element of the whole call's x, y and residual to that of this one's.
struct BlockCall {
  ConvShape shape;
  ptrdiff_t x, y, residual;

  BlockCall(const ConvShape& call, const Block& block, int64_t images = 1) : shape(call) {
    const AxisPart h = PartOf(call.h, call.op->mode, block.row, block.rows);
    const AxisPart w = PartOf(call.w, call.op->mode, block.column, block.columns);
    const auto at = [&](const Strides& s, int64_t row, int64_t column) {
      return block.n * s.n + row * s.h + column * s.w;
    };
    shape.n = images;
    shape.threads = 1;
    shape.h = h.axis;
    shape.w = w.axis;
    x = at(call.xs, h.first_in, w.first_in);
    y = at(call.ys, block.row, block.column);
    residual = call.has_residual() ? at(call.rs, block.row, block.column) : 0;
  }

  // Its buffers in those of the whole call; `own` is this thread's scratch memory for it.
  ConvBuffers In(const ConvBuffers& whole, std::byte* own) const {
    return {.x = whole.x + x,
            .y = whole.y + y,
            .residual = whole.residual == nullptr ? nullptr : whole.residual + residual,
            .scratch = own};
  }
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_ROW_BAND_H_
