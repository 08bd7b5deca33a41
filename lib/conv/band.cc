#include "lib/conv/band.h"

#include <algorithm>
#include <cstring>

#include "lib/base/aligned.h"

namespace windrow::internal {
namespace {

// Some channels of some columns, one after the other: planes whose pixels lie apart, as those of
// one phase of a stride do. Or, with channels and columns exchanged, pixels whose channels do.
void CopyPlanes(int64_t columns, int64_t channels, const float* from, ptrdiff_t from_c,
                ptrdiff_t from_w, float* to, ptrdiff_t to_c, ptrdiff_t to_w) {
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t w = 0; w < columns; ++w) {
      std::memcpy(to + c * to_c + w * to_w, from + c * from_c + w * from_w, sizeof(float));
    }
  }
}

// Between pixels and such planes, by way of planes without gaps, which vectors transpose.
void TransposeApart(const ConvOp& op, int64_t columns, int64_t channels, const float* from,
                    const Strides& fs, float* to, const Strides& ts) {
  constexpr int64_t kColumns = 64, kChannels = 16;
  alignas(kAlignment) float planes[kChannels * kColumns];
  for (int64_t w = 0; w < columns; w += kColumns) {
    const int64_t some = std::min(kColumns, columns - w);
    for (int64_t c = 0; c < channels; c += kChannels) {
      const int64_t few = std::min(kChannels, channels - c);
      const float* const source = from + w * fs.w + c * fs.c;
      float* const target = to + w * ts.w + c * ts.c;
      if (fs.c == 1) {
        op.tiles->transpose(source, fs.w, some, few, planes, kColumns);
        CopyPlanes(some, few, planes, kColumns, 1, target, ts.c, ts.w);
      } else {
        CopyPlanes(some, few, source, fs.c, fs.w, planes, kColumns, 1);
        op.tiles->transpose(planes, kColumns, few, some, target, ts.w);
      }
    }
  }
}

// One row of pixels.
void CopyRow(const ConvOp& op, int64_t columns, int64_t channels, const float* from,
             const Strides& fs, float* to, const Strides& ts) {
  constexpr auto kFloat = sizeof(float);
  if (channels == 1 || (fs.c == 1 && ts.c == 1)) {
    if (fs.w == channels && ts.w == channels) {
      std::memcpy(to, from, static_cast<size_t>(columns * channels) * kFloat);
      return;
    }
    if (channels == 1) return CopyPlanes(columns, 1, from, 0, fs.w, to, 0, ts.w);
    for (int64_t w = 0; w < columns; ++w) {
      std::memcpy(to + w * ts.w, from + w * fs.w, static_cast<size_t>(channels) * kFloat);
    }
  } else if (fs.w == 1 && ts.c == 1) {  // planes to pixels
    op.tiles->transpose(from, fs.c, channels, columns, to, ts.w);
  } else if (fs.c == 1 && ts.w == 1) {  // pixels to planes
    op.tiles->transpose(from, fs.w, columns, channels, to, ts.c);
  } else if (fs.w == 1 && ts.w == 1) {
    op.tiles->copy_rows(from, fs.c, channels, columns, to, ts.c);
  } else {  // along what is nearer to each other in the tensor with gaps
    const bool planes = fs.c == 1 || fs.w == 1 ? ts.w < ts.c : fs.w < fs.c;
    if (!planes) {
      CopyPlanes(channels, columns, from, fs.w, fs.c, to, ts.w, ts.c);
    } else if (fs.c == 1 || ts.c == 1) {
      TransposeApart(op, columns, channels, from, fs, to, ts);
    } else {
      CopyPlanes(columns, channels, from, fs.c, fs.w, to, ts.c, ts.w);
    }
  }
}

// Whether the area is whole rows of the input without padding.
bool IsOnePiece(const ConvShape& call, const BandArea& a) {
  const BandRuns &h = a.rows, &w = a.columns;
  return h.runs == 1 && h.step == 1 && h.first >= 0 && h.limit <= call.h.in && w.runs == 1 &&
         w.step == 1 && w.first == 0 && w.limit == call.w.in;
}

}  // namespace

void CopyPixels(const ConvOp& op, const PixelBlock& b, const float* from, const Strides& fs,
                float* to, const Strides& ts) {
  if (fs.h == b.columns * fs.w && ts.h == b.columns * ts.w) {  // as one long row
    return CopyRow(op, b.rows * b.columns, b.channels, from, fs, to, ts);
  }
  for (int64_t h = 0; h < b.rows; ++h) {
    CopyRow(op, b.columns, b.channels, from + h * fs.h, fs, to + h * ts.h, ts);
  }
}

void FillBand(const ConvShape& call, const float* x, const BandArea& a, int64_t first,
              int64_t channels, float* band) {
  const ConvOp& op = *call.op;
  const int64_t pitch = PixelPitch(channels);
  const Strides pixels{0, 1, a.columns.runs * a.columns.pitch * pitch, pitch};
  if (IsOnePiece(call, a)) {
    const float* const from = x + a.n * call.xs.n + first * call.xs.c + a.rows.first * call.xs.h;
    return CopyPixels(op, {a.rows.count, a.columns.count, channels}, from, call.xs, band, pixels);
  }
  const auto fill_row = [&](const float* from, int64_t run, float* to) {
    const auto padding = [&](int64_t i, int64_t position) {
      const int64_t iw = call.w.Source(position, op.mode);
      if (iw < 0) {
        std::fill_n(to + i * pitch, channels, 0.0f);
      } else {
        CopyRow(op, 1, channels, from + iw * call.xs.w, call.xs, to + i * pitch, pixels);
      }
    };
    VisitRun(a.columns, run, call.w.in, padding, [&](int64_t begin, int64_t end) {
      const int64_t iw = a.columns.Begin(run) + begin * a.columns.step;
      Strides xs = call.xs;
      xs.w = WrappedProduct(a.columns.step, xs.w);
      CopyRow(op, end - begin, channels, from + iw * call.xs.w, xs, to + begin * pitch, pixels);
    });
  };
  for (int64_t row_run = 0; row_run < a.rows.runs; ++row_run) {
    for (int64_t r = 0; r < a.rows.Count(row_run); ++r) {
      float* to = band + (row_run * a.rows.pitch + r) * pixels.h;
      const int64_t ih = call.h.Source(a.rows.Begin(row_run) + r * a.rows.step, op.mode);
      if (ih < 0) {
        std::fill_n(to, pixels.h, 0.0f);
        continue;
      }
      const float* from = x + a.n * call.xs.n + first * call.xs.c + ih * call.xs.h;
      for (int64_t run = 0; run < a.columns.runs; ++run) {
        fill_row(from, run, to + run * a.columns.pitch * pitch);
      }
    }
  }
}

}  // namespace windrow::internal
