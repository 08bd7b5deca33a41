#include "lib/conv/weights.h"

#include <algorithm>
#include <cstring>

#include "lib/conv/problem.h"

namespace windrow::internal {
namespace {

bool AllFinite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](const float& v) {
    uint32_t bits;
    std::memcpy(&bits, &v, sizeof(bits));
    return (bits & 0x7F800000u) != 0x7F800000u;
  });
}

}  // namespace

ConvWeights::ConvWeights(const ConvOp& op, std::span<const float> oihw, std::span<const float> bias)
    : depthwise_(op.depthwise()),
      tiles_(op.tiles),
      groups_(depthwise_ ? 1 : op.groups),
      group_in_(op.group_in()),
      group_out_(depthwise_ ? op.out_channels : op.group_out()),
      taps_(op.kernel.h * op.kernel.w),
      lanes_(op.lanes),
      split_(CeilDiv(group_out_, op.lanes), op.tiles->max_vecs) {
  const int64_t padded = groups_ * RoundUp(group_out_, lanes_);
  oihw_.reset(AllocateFloats(static_cast<int64_t>(oihw.size())));
  bias_.reset(AllocateFloats(op.out_channels));
  panels_.reset(AllocateFloats(
      CheckedProduct({padded, taps_, group_in_}, "the packed weights do not fit 63 bits")));
  panel_bias_.reset(AllocateFloats(padded));
  if (depthwise_ && group_out_ >= lanes_) vectors_.reset(AllocateFloats(padded * taps_));
  Set(op, oihw, bias);
}

void ConvWeights::Set(const ConvOp& op, std::span<const float> oihw, std::span<const float> bias) {
  finite_ = AllFinite(oihw);
  std::copy(oihw.begin(), oihw.end(), oihw_.get());
  std::fill_n(bias_.get(), op.out_channels, 0.0f);
  std::copy(bias.begin(), bias.end(), bias_.get());
  for (int64_t i = 0; i < panels(); ++i) {
    const Panel p = panel(i);
    PackPanel(p, panels_.get() + (p.weights - panels_.get()));
    float* const to = panel_bias_.get() + (p.bias - panel_bias_.get());
    std::fill_n(to, p.vecs * lanes_, 0.0f);
    std::copy_n(bias_.get() + p.out_channel, p.out_channels, to);
  }
  if (vectors_ != nullptr) PackVectors();
}

Panel ConvWeights::panel(int64_t index) const {
  return PanelOf(index / split_.parts, index % split_.parts);
}

Panel ConvWeights::PanelOf(int64_t group, int64_t part) const {
  const int64_t vec = split_.Begin(part), end = split_.Begin(part + 1);
  const int64_t first = vec * lanes_, count = std::min(end * lanes_, group_out_) - first;
  const int64_t packed = group * split_.total * lanes_ + first;  // channels packed before
  const int tail = static_cast<int>(count - (end - vec - 1) * lanes_);
  const TileTable* tiles = !depthwise_      ? tiles_
                           : tail == lanes_ ? &tiles_->depthwise
                                            : &tiles_->depthwise_tail;
  return {.weights = panels_.get() + packed * taps_ * group_in_,
          .bias = panel_bias_.get() + packed,
          .in_channel = depthwise_ ? first : group * group_in_,
          .out_channel = group * group_out_ + first,
          .out_channels = count,
          .tiles = tiles,
          .vecs = static_cast<int>(end - vec),
          .tail = tail};
}

Panel ConvWeights::group_panel(int64_t group, int64_t index) const {
  if (!depthwise_) return PanelOf(group, index);
  Panel p = PanelOf(0, split_.PartOf(group / lanes_));
  const int64_t offset = group - p.out_channel;
  p.weights += offset;
  p.bias += offset;
  p.in_channel = p.out_channel = group;
  p.out_channels = 1;
  return p;
}

void ConvWeights::PackPanel(const Panel& p, float* to) const {
  const int64_t width = p.vecs * lanes_;
  for (int64_t tap = 0; tap < taps_; ++tap) {
    for (int64_t c = 0; c < group_in_; ++c, to += width) {
      for (int64_t o = 0; o < p.out_channels; ++o) {
        to[o] = oihw_[static_cast<size_t>(((p.out_channel + o) * group_in_ + c) * taps_ + tap)];
      }
      std::fill(to + p.out_channels, to + width, 0.0f);
    }
  }
}

void ConvWeights::PackVectors() {
  float* to = vectors_.get();
  for (int64_t i = 0; i < split_.total; ++i) {
    const int64_t channel = std::min(i * lanes_, group_out_ - lanes_);
    for (int64_t tap = 0; tap < taps_; ++tap) {
      for (int64_t c = channel; c < channel + lanes_; ++c)
        *to++ = oihw_[static_cast<size_t>(c * taps_ + tap)];
    }
  }
}

}  // namespace windrow::internal
