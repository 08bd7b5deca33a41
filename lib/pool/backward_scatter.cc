// The formula of backward.h as it stands, output by output: each adds what it does to the elements
// of its window, in the order of outputs. That is the specification, executable, of any gradient;
// and the fastest way for maxima with large windows, or of very few planes.
#include <algorithm>

#include "lib/pool/backward.h"

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
  // Calls f(i) for those in [first, end).
  template <class F>
  void ForEachIn(int64_t first, int64_t end, const F& f) const {
    int64_t i = begin;
    if (i < first) i += CeilDiv(first - i, step) * step;
    for (; i < std::min(begin + extent, end); i += step) f(i);
  }
};

// What an output row adds to the rows [first, end) of the tile, which its windows reach.
struct OutputRow {
  const PoolShape& shape;
  const GradientTile& tile;
  const int64_t oh;
  const Taps down;
  const int64_t first, end;
  float* const of_row;  // of the tile's first row

  float& At(int64_t i, int64_t j, int64_t c) const {
    return of_row[((i - tile.dx.row) * tile.dx.columns + j - tile.dx.column) * tile.dx.channels +
                  c];
  }

  void AddAverages(const float* dy) const {
    const Window rows = shape.h.At(oh);
    for (int64_t o = tile.outputs.begin; o < tile.outputs.end; ++o) {
      const float divisor = shape.Divisor(rows, shape.w.At(o));
      const Taps across(shape.w, o);
      for (int64_t c = 0; c < tile.dx.channels; ++c) {
        const float quotient = dy[o * shape.ys.w + c * shape.ys.c] / divisor;
        down.ForEachIn(first, end, [&](int64_t i) {
          across.ForEachIn(tile.columns.begin, tile.columns.end,
                           [&](int64_t j) { At(i, j, c) += quotient; });
        });
      }
    }
  }

  void AddMaxima(const float* dy, const int64_t* indices) const {
    const int64_t in = shape.w.in, base = first * in, size = (end - first) * in;
    const double inverse = 1.0 / static_cast<double>(in);
    for (int64_t o = tile.outputs.begin; o < tile.outputs.end; ++o) {
      const Taps across(shape.w, o);
      for (int64_t c = 0; c < tile.dx.channels; ++c) {
        const int64_t index = indices[o * shape.is.w + c * shape.is.c];
        if (!Within(index, base, size)) [[unlikely]] {
          CheckIndex(shape, index);
          continue;
        }
        // A division is slow. This is exact: the rows of a tile have less than 2^50 elements, and
        // half of one is more than the roundings.
        const int64_t at = index - base;
        const auto i = static_cast<int64_t>((static_cast<double>(at) + 0.5) * inverse);
        const int64_t j = at - i * in;
        if (!Within(j, tile.dx.column, tile.dx.columns) || !across.Have(j)) continue;
        if (down.step > 1 && !down.Have(first + i)) continue;
        At(first + i, j, c) += dy[o * shape.ys.w + c * shape.ys.c];
      }
    }
  }
};

}  // namespace

void ScatterTile(const PoolShape& shape, const PoolBackwardBuffers& buffers,
                 const GradientTile& tile, float* scratch) {
  const auto [begin, bottom] = tile.rows;
  const int64_t pitch = tile.dx.columns * tile.dx.channels;
  float *const sums = scratch, *const of_row = scratch + tile.dx.rows * pitch;
  std::fill_n(scratch, 2 * tile.dx.rows * pitch, 0.0f);
  for (int64_t oh = tile.output_rows.begin; oh < tile.output_rows.end; ++oh) {
    const Taps down(shape.h, oh);
    const int64_t first = std::clamp(down.begin, begin, bottom);
    const int64_t end = std::clamp(down.begin + down.extent, first, bottom);
    const OutputRow row{shape, tile, oh, down, first, end, of_row};
    const float* const dy = buffers.dy + tile.dx.At(shape.ys, oh, 0);
    if (shape.op->average) {
      row.AddAverages(dy);
    } else {
      row.AddMaxima(dy, buffers.indices + tile.dx.At(shape.is, oh, 0));
    }
    for (int64_t e = (first - begin) * pitch; e < (end - begin) * pitch; ++e) {
      sums[e] += of_row[e];
      of_row[e] = 0;
    }
  }
  const float* sum = sums;
  for (int64_t i = begin; i < bottom; ++i) {
    for (int64_t j = tile.columns.begin; j < tile.columns.end; ++j) {
      float* const dx = buffers.dx + tile.dx.At(shape.xs, i, j);
      for (int64_t c = 0; c < tile.dx.channels; ++c) dx[c * shape.xs.c] = CanonicalNaN(*sum++);
    }
  }
}

}  // namespace windrow::internal
