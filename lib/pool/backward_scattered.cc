// The gradient of maxima with large windows, or of very few planes: each output adds its dy to the
// element at its index.
#include <algorithm>

#include "lib/pool/backward_rows.h"

namespace windrow::internal {
namespace {

// from <= value < from + count.
bool Within(int64_t value, int64_t from, int64_t count) {
  return static_cast<uint64_t>(value) - static_cast<uint64_t>(from) < static_cast<uint64_t>(count);
}

// Where a window begins, on padding perhaps, and ends, and how far apart its taps are.
struct Taps {
  int64_t begin, extent, step;

  Taps(const WindowAxis& axis, int64_t output)
      : begin(axis.adaptive ? axis.At(output).begin : axis.Start(output)),
        extent(axis.adaptive ? axis.At(output).taps : axis.extent()),
        step(axis.dilation) {}
  bool Have(int64_t i) const {
    return Within(i, begin, extent) && (step == 1 || (i - begin) % step == 0);
  }
};

// What an output row adds to the rows [first, end) of the tile, which its windows reach.
struct OutputRow {
  const PoolShape& shape;
  const GradientTile& tile;
  const Taps down;
  const int64_t first, end;
  float* const of_row;  // of the tile's first row

  void Add(const float* dy, const int64_t* indices) const {
    const int64_t in = shape.w.in, base = first * in, size = (end - first) * in;
    const int64_t width = tile.width(), channels = tile.channels, left = tile.columns.begin;
    const double inverse = 1.0 / static_cast<double>(in);
    float* const to = of_row + (first - tile.rows.begin) * width * channels;
    for (int64_t o = tile.outputs.begin; o < tile.outputs.end; ++o) {
      const Taps across(shape.w, o);
      for (int64_t c = 0; c < channels; ++c) {
        const int64_t index = indices[o * shape.is.w + c * shape.is.c];
        if (!Within(index, base, size)) [[unlikely]] {
          CheckIndex(shape, index);
          continue;
        }
        // A division is slow. This is exact: a plane has less than 2^31 elements, and half of one
        // is more than the roundings.
        const int64_t at = index - base;
        const auto i = static_cast<int64_t>((static_cast<double>(at) + 0.5) * inverse);
        const int64_t j = at - i * in;
        if (!Within(j, left, width) || !across.Have(j)) continue;
        if (down.step > 1 && !down.Have(first + i)) continue;
        to[(i * width + j - left) * channels + c] += dy[o * shape.ys.w + c * shape.ys.c];
      }
    }
  }
};

}  // namespace

void ScatterTile(const PoolShape& shape, const PoolBackwardBuffers& buffers,
                 const GradientTile& tile, float* scratch) {
  const int64_t begin = tile.rows.begin, pitch = tile.width() * tile.channels;
  float *const sums = scratch, *const of_row = scratch + (tile.rows.end - begin) * pitch;
  std::fill_n(scratch, 2 * (tile.rows.end - begin) * pitch, 0.0f);
  for (int64_t oh = tile.output_rows.begin; oh < tile.output_rows.end; ++oh) {
    const Taps down(shape.h, oh);
    const int64_t first = std::clamp(down.begin, begin, tile.rows.end);
    const int64_t end = std::clamp(down.begin + down.extent, first, tile.rows.end);
    OutputRow{shape, tile, down, first, end, of_row}.Add(
        buffers.dy + tile.At(shape.ys, oh, 0), buffers.indices + tile.At(shape.is, oh, 0));
    for (int64_t e = (first - begin) * pitch; e < (end - begin) * pitch; ++e) {
      sums[e] += of_row[e];
      of_row[e] = 0;
    }
  }
  const float* sum = sums;
  for (int64_t i = begin; i < tile.rows.end; ++i) {
    for (int64_t j = tile.columns.begin; j < tile.columns.end; ++j) {
      float* const dx = buffers.dx + tile.At(shape.xs, i, j);
      for (int64_t c = 0; c < tile.channels; ++c) dx[c * shape.xs.c] = CanonicalNaN(*sum++);
    }
  }
}

}  // namespace windrow::internal
