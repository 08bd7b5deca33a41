#include "lib/fused/band_cut.h"

#include <algorithm>

#include "lib/conv/row_band.h"
#include "lib/pool/window_part.h"

namespace windrow::internal {
namespace {

int64_t Extent(const Axis& axis) { return (axis.kernel - 1) * axis.dilation + 1; }
int64_t Extent(const WindowAxis& axis) { return axis.extent(); }

// Of the inputs [0, in) at most, those that so many outputs see.
template <class AnyAxis>
int64_t Seen(const AnyAxis& axis, int64_t outputs) {
  return std::min((outputs - 1) * axis.stride + Extent(axis), axis.in);
}

// The outputs, from the first on, none of whose taps is past the first `in` inputs.
template <class AnyAxis>
int64_t UntilPadding(const AnyAxis& axis, int64_t in) {
  const int64_t room = in + axis.before - Extent(axis);
  return room < 0 ? 0 : std::min(room / axis.stride + 1, axis.out);
}

// The rows of the image's first or last band must be all that see padding, in either layer, and
// one: then those between are alike, and none sees nothing but padding.
int64_t MinRows(const FusedShape& shape) {
  const Axis& first = shape.first.h;
  return shape.OfSecond([&](const auto&, const auto& g) {
    const int64_t top = CeilDiv(g.h.before + CeilDiv(first.before, first.stride), g.h.stride);
    const int64_t bottom = g.h.out - UntilPadding(g.h, UntilPadding(first, first.in));
    return std::min(std::max(top, bottom) + 1, g.h.out);
  });
}

// Whether a row of outputs may need any row of the middle.
bool NeedsWholeMiddle(const FusedShape& shape) {
  return shape.OfSecond([](const auto& layer, const auto& g) {
    if constexpr (requires { layer.weights; }) {
      return layer.op->mode != PaddingMode::kZeros && g.h.padded();
    }
    return false;
  });
}

// As many rows as fit, from `min` to `max`; the former at least.
int64_t MaxRows(const FusedShape& shape, int64_t min, int64_t max) {
  while (min < max) {
    const int64_t rows = min + CeilDiv(max - min, 2);
    if (BandFloats(shape, rows) <= BandBudget(shape)) {
      min = rows;
    } else {
      max = rows - 1;
    }
  }
  return min;
}

}  // namespace

int64_t BandFloats(const FusedShape& shape, int64_t rows) {
  const int64_t middle =
      shape.OfSecond([&](const auto&, const auto& g) { return Seen(g.h, rows); });
  const Shape m = shape.middle(), y = shape.output();
  const int64_t inputs = SaturatedProduct(
      {Seen(shape.first.h, middle), shape.first.w.in, shape.pair->first.op->in_channels});
  const int64_t middles = SaturatedProduct({middle, m.w(), m.c()});
  return SaturatedSum(SaturatedSum(inputs, middles), SaturatedProduct({rows, y.w(), y.c()}));
}

BandView::BandView(const FusedShape& shape, const Band& band) {
  int64_t middle_rows = 0;
  shape.OfSecond([&](const auto& layer, const auto& g) {
    if constexpr (requires { layer.weights; }) {
      const AxisPart part = PartOf(g.h, layer.op->mode, band.row, band.rows);
      second = part.axis, middle_row = part.first_in, middle_rows = part.axis.in;
    } else {
      const WindowAxisPart part = PartOf(g.h, band.row, band.rows);
      second = part.axis, middle_row = part.first_in, middle_rows = part.axis.in;
    }
  });
  const AxisPart part = PartOf(shape.first.h, shape.pair->first.op->mode, middle_row, middle_rows);
  first = part.axis;
  x_row = part.first_in;
}

Band BandCut::At(int64_t index) const {
  const int64_t i = index / rows.parts, r = index % rows.parts;
  const int64_t n = images.Begin(i), row = rows.Begin(r);
  return {n, images.Begin(i + 1) - n, row, rows.Begin(r + 1) - row};
}

int BandCut::KindOf(int64_t index) const {
  if (rows.parts == 1) return index < images.larger ? 0 : 1;
  const int64_t r = index % rows.parts;
  if (r == 0) return 0;
  if (r == rows.parts - 1) return 1;
  return r < rows.larger ? 2 : 3;
}

BandCut::Alike BandCut::OfKind(int kind) const {
  if (rows.parts == 1) {
    if (kind == 0) return {images.larger, 0};
    return {kind == 1 ? images.parts - images.larger : 0, images.larger};
  }
  if (kind < 2) return {images.parts, kind == 0 ? 0 : rows.parts - 1};
  const int64_t last = rows.parts - 1, larger = std::clamp<int64_t>(rows.larger, 1, last);
  if (kind == 2) return {images.parts * (larger - 1), 1};
  return {images.parts * (last - larger), larger};
}

BandCut CutBands(const FusedShape& shape) {
  constexpr int64_t kTasksPerThread = 4;
  const int64_t n = shape.images(), out = shape.output().h();
  const int64_t wanted = shape.threads == 1
                             ? 1
                             : std::clamp<int64_t>(shape.multiply_adds() / (kMinParallelWork / 2),
                                                   1, kTasksPerThread * shape.threads);
  const int64_t image = BandFloats(shape, out), min = MinRows(shape);
  const int64_t fit = BandBudget(shape) / std::max<int64_t>(image, 1);
  const int64_t images = std::clamp<int64_t>(std::min(fit, n / wanted), 1, n);
  int64_t parts = 1;
  if (!NeedsWholeMiddle(shape) && images == 1) {
    const int64_t rows = fit >= 1 ? out : MaxRows(shape, min, out);
    parts = std::max(CeilDiv(out, rows), CeilDiv(wanted, n));
    parts = std::clamp<int64_t>(parts, 1, std::max<int64_t>(out / min, 1));
  }
  return {EvenSplit(n, images), EvenSplit(out, CeilDiv(out, parts)), /*together=*/false};
}

BandCut CutTogether(const FusedShape& shape) {
  const int64_t out = shape.output().h();
  const int64_t image = std::max<int64_t>(BandFloats(shape, out), 1);
  const int64_t fit = SaturatedProduct({BandBudget(shape), shape.threads}) / image;
  return {EvenSplit(shape.images(), std::clamp<int64_t>(fit, 1, shape.images())),
          EvenSplit(out, out),
          /*together=*/true};
}

}  // namespace windrow::internal
