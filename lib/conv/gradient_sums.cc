#include "lib/conv/gradient_sums.h"

#include <algorithm>

#include "lib/base/aligned.h"
#include "lib/conv/scalar.h"

namespace windrow::internal {
namespace {

void Store(const float* from, int64_t count, float* to, bool accumulate) {
  if (!accumulate) {
    std::copy_n(from, count, to);
    return;
  }
  for (int64_t i = 0; i < count; ++i) to[i] = Finish(to[i] + from[i], Epilogue{});
}

}  // namespace

// A vector of outputs at a time: the sums of some channels and taps are put into dw's order, and
// then transposed, so that each output's are side by side.
void GradientSums::StoreWeights(float* dw, bool accumulate) const {
  constexpr int64_t kFloats = 4096;
  alignas(kAlignment) float ordered[kFloats];
  alignas(kAlignment) float rows[kFloats];
  const int64_t channels = op.group_in(), lanes = op.lanes, most = kFloats / lanes;
  const auto store = [&](int64_t out, int64_t tap, int64_t tap_count, int64_t ic, int64_t ics) {
    const int64_t outs = std::min(lanes, out_channels - out), steps = ics * tap_count;
    for (int64_t t = 0; t < tap_count; ++t) {
      const float* const from = sums + ((tap - tap_begin + t) * channels + ic) * width + out;
      op.tiles->copy_rows(from, width, ics, lanes, ordered + t * lanes, tap_count * lanes);
    }
    op.tiles->transpose(ordered, lanes, steps, outs, rows, steps);
    for (int64_t o = 0; o < outs; ++o) {
      float* const to = dw + ((out_channel + out + o) * channels + ic) * taps + tap;
      if (tap_count == taps) {
        Store(rows + o * steps, steps, to, accumulate);
        continue;
      }
      for (int64_t i = 0; i < ics; ++i) {
        Store(rows + o * steps + i * tap_count, tap_count, to + i * taps, accumulate);
      }
    }
  };
  for (int64_t out = 0; out < out_channels; out += lanes) {
    for (int64_t tap = tap_begin; tap < tap_end; tap += most) {
      const int64_t tap_count = std::min(most, tap_end - tap), ics = most / tap_count;
      for (int64_t ic = 0; ic < channels; ic += ics) {
        store(out, tap, tap_count, ic, std::min(ics, channels - ic));
      }
    }
  }
}

void GradientSums::StoreBias(const float* bias_sums, float* db, bool accumulate) const {
  Store(bias_sums, out_channels, db + out_channel, accumulate);
}

}  // namespace windrow::internal
