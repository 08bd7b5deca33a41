#include "lib/conv/band.h"

#include <algorithm>
#include <cstring>

namespace windrow::internal {
namespace {

// One row of pixels.
void CopyRow(const ConvOp& op, int64_t columns, int64_t channels, const float* from,
             const Strides& fs, float* to, const Strides& ts) {
  constexpr auto kFloat = sizeof(float);
  if (channels == 1 || (fs.c == 1 && ts.c == 1)) {
    if (fs.w == channels && ts.w == channels) {
      std::memcpy(to, from, static_cast<size_t>(columns * channels) * kFloat);
      return;
    }
    for (int64_t w = 0; w < columns; ++w) {
      std::memcpy(to + w * ts.w, from + w * fs.w, static_cast<size_t>(channels) * kFloat);
    }
  } else if (fs.w == 1 && ts.c == 1) {  // planes to pixels
    op.tiles->transpose(from, fs.c, channels, columns, to, ts.w);
  } else if (fs.c == 1 && ts.w == 1) {  // pixels to planes
    op.tiles->transpose(from, fs.w, columns, channels, to, ts.c);
  } else if (fs.w == 1 && ts.w == 1) {
    op.tiles->copy_rows(from, fs.c, channels, columns, to, ts.c);
  } else {
    for (int64_t w = 0; w < columns; ++w) {
      for (int64_t c = 0; c < channels; ++c) {
        std::memcpy(to + w * ts.w + c * ts.c, from + w * fs.w + c * fs.c, kFloat);
      }
    }
  }
}

}  // namespace

void CopyPixels(const ConvOp& op, const PixelBlock& b, const float* from, const Strides& fs,
                float* to, const Strides& ts) {
  for (int64_t h = 0; h < b.rows; ++h) {
    CopyRow(op, b.columns, b.channels, from + h * fs.h, fs, to + h * ts.h, ts);
  }
}

void FillBand(const ConvCall& call, const BandArea& a, int64_t first, int64_t channels,
              float* band) {
  const ConvOp& op = *call.op;
  const int64_t pitch = PixelPitch(channels);
  const Strides pixels{0, 1, a.columns * pitch, pitch};
  // The columns inside the input are copied together, those of the padding one by one.
  const int64_t inside = std::clamp<int64_t>(-a.column, 0, a.columns);
  const int64_t after = std::clamp<int64_t>(call.w.in - a.column, inside, a.columns);
  for (int64_t r = 0; r < a.rows; ++r) {
    float* to = band + r * pixels.h;
    const int64_t ih = call.h.Source(a.row + r, op.mode);
    if (ih < 0) {
      std::fill_n(to, pixels.h, 0.0f);
      continue;
    }
    const float* from = call.x + a.n * call.xs.n + first * call.xs.c + ih * call.xs.h;
    const auto pad = [&](int64_t begin, int64_t end) {
      for (int64_t c = begin; c < end; ++c) {
        const int64_t iw = call.w.Source(a.column + c, op.mode);
        if (iw < 0) {
          std::fill_n(to + c * pitch, channels, 0.0f);
        } else {
          CopyRow(op, 1, channels, from + iw * call.xs.w, call.xs, to + c * pitch, pixels);
        }
      }
    };
    pad(0, inside);
    if (after > inside) {
      CopyRow(op, after - inside, channels, from + (a.column + inside) * call.xs.w, call.xs,
              to + inside * pitch, pixels);
    }
    pad(after, a.columns);
  }
}

}  // namespace windrow::internal
