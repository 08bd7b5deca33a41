// The terms of maxima whose windows are large, or whose indices lie otherwise than dx.
#include <algorithm>

#include "lib/pool/backward_terms.h"

namespace windrow::internal {
namespace {

int32_t* Integers(float* at) { return reinterpret_cast<int32_t*>(at); }

}  // namespace

ScatteredTerms::ScatteredTerms(const BackwardRowsPlan& plan, const PoolBackwardBuffers& buffers,
                               const GradientTile& tile, float* scratch)
    : plan_(plan), shape_(plan.shape), buffers_(buffers), tile_(tile), scratch_(scratch) {
  int32_t* begin = Integers(scratch + plan.at.begin);
  int32_t* extent = Integers(scratch + plan.at.extent);
  for (int64_t o = tile.outputs.begin; o < tile.outputs.end; ++o) {
    const Window w = shape_.w.At(o);
    *begin++ = static_cast<int32_t>(w.begin);
    *extent++ = static_cast<int32_t>(w.taps == 0 ? 0 : (w.taps - 1) * shape_.w.dilation + 1);
  }
  std::fill_n(scratch + plan.at.partial, plan.TapRows(plan.rows) * tile.width() * plan.unit, 0.0f);
}

namespace {

// Where the indices of an output row lead to.
struct Elements {
  const PoolShape& shape;
  const int64_t base, span;  // the indices of the rows that the windows have in the tile
  const int64_t width;       // of dx
  const double inverse;      // of that
  const int32_t *const begin, *const extent;  // of windows
  const WindowAxis::Range columns;
  const int64_t channels;
  float* const partial;

  // from <= value < from + count.
  static bool Within(int64_t value, int64_t from, int64_t count) {
    return static_cast<uint64_t>(value) - static_cast<uint64_t>(from) <
           static_cast<uint64_t>(count);
  }

  // Adds dy to its element, if that is in the tile and in the window of output o. One that lies
  // between the taps is found only if windows may be `kDilated`.
  template <bool kDilated>
  void Add(int64_t index, float dy, int64_t o, int64_t channel) const {
    if (!Within(index, base, span)) [[unlikely]] {
      return CheckIndex(shape, index);
    }
    // A division is slow. This is exact: a plane has less than 2^31 elements, and half of one is
    // more than the roundings.
    const int64_t at = index - base;
    int64_t row = static_cast<int64_t>((static_cast<double>(at) + 0.5) * inverse);
    const int64_t w = at - row * width, tile_width = columns.end - columns.begin;
    if (!Within(w, begin[o], extent[o]) || !Within(w, columns.begin, tile_width)) return;
    if constexpr (kDilated) {
      if (row % shape.h.dilation != 0 || (w - begin[o]) % shape.w.dilation != 0) return;
      row /= shape.h.dilation;
    }
    partial[(row * tile_width + w - columns.begin) * channels + channel] += dy;
  }
};

}  // namespace

// In the order of memory: an element meets its outputs in ascending order anyway.
template <bool kDilated>
void ScatteredTerms::PutRow(const ImageChannels& channels, int64_t oh,
                            const WindowAxis::Range& rows) const {
  const Strides &ys = shape_.ys, &is = shape_.is;
  const float* const dy = buffers_.dy + channels.At(ys, oh, tile_.outputs.begin);
  const int64_t* const indices = buffers_.indices + channels.At(is, oh, tile_.outputs.begin);
  const Elements elements{.shape = shape_,
                          .base = rows.begin * shape_.w.in,
                          .span = (rows.end - rows.begin) * shape_.w.in,
                          .width = shape_.w.in,
                          .inverse = 1.0 / static_cast<double>(shape_.w.in),
                          .begin = Integers(scratch_ + plan_.at.begin),
                          .extent = Integers(scratch_ + plan_.at.extent),
                          .columns = tile_.columns,
                          .channels = channels.count,
                          .partial = scratch_ + plan_.at.partial};
  const auto add = [&](int64_t o, int64_t c) {
    elements.Add<kDilated>(indices[o * is.w + c * is.c], dy[o * ys.w + c * ys.c], o, c);
  };
  const int64_t outputs = tile_.outputs_width();
  if (is.c <= is.w) {
    for (int64_t o = 0; o < outputs; ++o) {
      for (int64_t c = 0; c < channels.count; ++c) add(o, c);
    }
  } else {
    for (int64_t c = 0; c < channels.count; ++c) {
      for (int64_t o = 0; o < outputs; ++o) add(o, c);
    }
  }
}

void ScatteredTerms::Put(const ImageChannels& channels, int64_t oh, const Window&,
                         const WindowAxis::Range& rows) const {
  const bool dilated = shape_.h.dilation > 1 || shape_.w.dilation > 1;
  dilated ? PutRow<true>(channels, oh, rows) : PutRow<false>(channels, oh, rows);
}

void ScatteredTerms::Add(const ImageChannels& channels, const GradientRows& rows) const {
  AddLinesArgs args = LinesOf(tile_, channels, rows);
  args.from_line = tile_.width() * channels.count;
  args.from = scratch_ + plan_.at.partial + rows.tap * args.from_line;
  args.clear = true;
  shape_.op->kernels->backward.add_lines(args);
}

}  // namespace windrow::internal
