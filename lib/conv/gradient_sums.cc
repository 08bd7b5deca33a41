#include "lib/conv/gradient_sums.h"

#include <algorithm>

#include "lib/base/aligned.h"
#include "lib/conv/scalar.h"

namespace windrow::internal {
namespace {

void Add(const float* from, int64_t count, float* to) {
  for (int64_t i = 0; i < count; ++i) to[i] = Finish(to[i] + from[i]);
}

}  // namespace

// Transposed, so that each output's sums are side by side.
void GradientSums::StoreWeights(float* dw, bool accumulate) const {
  const int64_t tap_count = tap_end - tap_begin, channels = op.group_in();
  float* const to = dw + out_channel * channels * taps + tap_begin;
  if (tap_count == taps) return Store(sums, channels * taps, to, channels * taps, accumulate);
  for (int64_t ic = 0; ic < channels; ++ic) {
    Store(sums + ic * tap_count * width, tap_count, to + ic * taps, channels * taps, accumulate);
  }
}

// So many sums of each output to those of its row.
void GradientSums::Store(const float* from, int64_t count, float* to, int64_t to_row,
                         bool accumulate) const {
  constexpr int64_t kFloats = 4096;
  alignas(kAlignment) float rows[kFloats];
  // Not more outputs at a time than the CPU prefetches rows of.
  const int64_t lanes = std::min<int64_t>(op.lanes, 16), max = kFloats / lanes;
  for (int64_t out = 0; out < out_channels; out += lanes) {
    const int64_t outs = std::min(lanes, out_channels - out);
    if (!accumulate) {
      op.tiles->transpose(from + out, width, count, outs, to + out * to_row, to_row);
      continue;
    }
    for (int64_t i = 0; i < count; i += max) {
      const int64_t some = std::min(max, count - i);
      op.tiles->transpose(from + i * width + out, width, some, outs, rows, max);
      for (int64_t o = 0; o < outs; ++o) Add(rows + o * max, some, to + (out + o) * to_row + i);
    }
  }
}

void GradientSums::StoreBias(const float* bias_sums, float* db, bool accumulate) const {
  if (accumulate) return Add(bias_sums, out_channels, db + out_channel);
  std::copy_n(bias_sums, out_channels, db + out_channel);
}

void StoreRows(const float* sums, int64_t rows, int64_t count, int64_t pitch, float* to,
               int64_t to_row, bool accumulate) {
  for (int64_t r = 0; r < rows; ++r, sums += pitch, to += to_row) {
    accumulate ? Add(sums, count, to) : static_cast<void>(std::copy_n(sums, count, to));
  }
}

void StoreRowBias(const GradientShape& shape, const GradientBuffers& buffers, int64_t first,
                  int64_t channels) {
  constexpr int64_t kAtOnce = 64;
  const BoxCut chunks = Chunks(shape);
  const Strides& s = shape.xs;
  for (int64_t c = first; c < first + channels; c += kAtOnce) {
    const int64_t count = std::min(kAtOnce, first + channels - c);
    float sums[kAtOnce] = {};
    for (int64_t i = 0; i < chunks.count(); ++i) {
      const OutputBox chunk = chunks.at(i);
      float chains[kAtOnce] = {};
      for (int64_t n = chunk.n.begin; n < chunk.n.end; ++n) {
        for (int64_t h = chunk.h.begin; h < chunk.h.end; ++h) {
          const float* pixel = buffers.x + n * s.n + c * s.c + h * s.h + chunk.w.begin * s.w;
          for (int64_t w = chunk.w.size(); w > 0; --w, pixel += s.w) {
            for (int64_t k = 0; k < count; ++k) chains[k] += pixel[k * s.c];
          }
        }
      }
      for (int64_t k = 0; k < count; ++k) sums[k] = Finish(chains[k] + sums[k]);
    }
    if (buffers.accumulate) {
      Add(sums, count, buffers.db + c);
    } else {
      std::copy_n(sums, count, buffers.db + c);
    }
  }
}

}  // namespace windrow::internal
