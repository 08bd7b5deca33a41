#include "lib/conv/gradient_operands.h"

#include <algorithm>

#include "lib/conv/band.h"

namespace windrow::internal {

BlockAxis::BlockAxis(const Axis& axis, OutputBox::Range outputs) : band(axis) {
  constexpr int64_t kFar = 4;
  const int64_t count = outputs.size(), covered = Covered(axis, count);
  band.before = 0;
  if (SaturatedProduct({axis.kernel, count, kFar}) <= covered) {
    band.stride = 1;
    band.dilation = count;
    runs = TapRuns(axis, outputs.begin, count, {0, axis.kernel}, count);
    length = axis.kernel * count;
  } else {
    runs = DenseRun(axis.Position(outputs.begin, 0), covered);
    length = covered;
  }
}

int64_t CopiedPixels(const GradientShape& s, const OutputBox& block) {
  return SaturatedProduct({std::max<int64_t>(block.n.size(), 1), BlockAxis(s.h, block.h).length,
                           BlockAxis(s.w, block.w).length});
}

Operand CopyInputs(const GradientShape& shape, const float* x, OutputBox::Range images,
                   const BlockAxis& h, const BlockAxis& w, int64_t first, int64_t channels,
                   float* to) {
  ConvShape call{};
  call.op = shape.op;
  call.h = shape.h, call.w = shape.w;
  call.xs = shape.xs;
  const int64_t pitch = PixelPitch(channels), row = w.length * pitch, image = h.length * row;
  for (int64_t n = 0; n < images.size(); ++n) {
    FillBand(call, x, {images.begin + n, h.runs, w.runs}, first, channels, to + n * image);
  }
  return {to, image, row, pitch};
}

Operand CopyOutputs(const GradientShape& shape, const float* dy, const OutputBox& block,
                    int64_t first, int64_t channels, int64_t pitch, float* to) {
  const Operand from = OutputsInPlace(shape, dy, block, first);
  const int64_t row = block.w.size() * pitch, image = block.h.size() * row;
  for (int64_t n = 0; n < block.n.size(); ++n) {
    CopyPixels(*shape.op, {block.h.size(), block.w.size(), channels}, from.data + n * from.image,
               shape.dys, to + n * image, {0, 1, row, pitch});
  }
  return {to, image, row, pitch};
}

Operand InputsInPlace(const GradientShape& shape, const float* x, const OutputBox& block,
                      int64_t first, Axis& h, Axis& w) {
  const Strides& s = shape.xs;
  h = shape.h, w = shape.w;
  h.before -= block.h.begin * h.stride;
  w.before -= block.w.begin * w.stride;
  return {x + block.n.begin * s.n + first * s.c, s.n, s.h, s.w};
}

Operand OutputsInPlace(const GradientShape& shape, const float* dy, const OutputBox& block,
                       int64_t first) {
  const Strides& s = shape.dys;
  return {dy + first * s.c + block.n.begin * s.n + block.h.begin * s.h + block.w.begin * s.w, s.n,
          s.h, s.w};
}

OutputBox::Range Shown(const ConvOp& op, const Axis& axis, int64_t tap, OutputBox::Range outputs) {
  if (op.mode != PaddingMode::kZeros) return {0, outputs.size()};
  const Axis::Outputs o = axis.OutputsOf(tap);
  return {std::max(o.begin, outputs.begin) - outputs.begin,
          std::min(o.end, outputs.end) - outputs.begin};
}

}  // namespace windrow::internal
