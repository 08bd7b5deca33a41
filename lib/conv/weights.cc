#include "lib/conv/weights.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/conv/problem.h"
#include "lib/simd/zero_upper.h"

namespace windrow::internal {
namespace {

// Without an early end, so that the compiler makes vectors of it.
bool AllFinite(const float* values, int64_t count) {
  uint32_t special = 0;
  for (int64_t i = 0; i < count; ++i) {
    uint32_t bits;
    std::memcpy(&bits, values + i, sizeof(bits));
    special |= static_cast<uint32_t>((bits & 0x7F800000u) == 0x7F800000u);
  }
  return special == 0;
}

}  // namespace

WeightsView WeightsView::Dense(const ConvOp& op, const float* data) {
  const int64_t w = op.kernel.w, taps = op.kernel.h * w, output = op.group_in() * taps;
  return {.data = data,
          .group = op.group_out() * output,
          .output = output,
          .input = taps,
          .h = w,
          .w = 1};
}

ConvWeights::ConvWeights(const ConvOp& op, const WeightsView& weights, std::span<const float> bias)
    : depthwise_(op.depthwise()),
      tiles_(op.tiles),
      groups_(depthwise_ ? 1 : op.groups),
      group_in_(op.group_in()),
      group_out_(depthwise_ ? op.out_channels : op.group_out()),
      taps_(op.kernel.h * op.kernel.w),
      lanes_(op.lanes),
      split_(CeilDiv(group_out_, op.lanes), op.tiles->max_vecs) {
  CheckedProduct({PackedChannels(), taps_, group_in_, int64_t{sizeof(float)}},
                 "the packed weights' bytes do not fit 63 bits");
  oihw_.reset(AllocateFloats(op.out_channels * group_in_ * taps_));
  bias_.reset(AllocateFloats(op.out_channels));
  Set(op, weights, bias);
}

// Transposed weights are read across their memory: some outputs and inputs at a time, so that the
// cache lines of the ones are there for the others.
void ConvWeights::CopyFrom(const ConvOp& op, const WeightsView& v) const {
  constexpr int64_t kOutputs = 16, kInputs = 64;
  const bool dense = v.w == 1 && v.h == op.kernel.w && v.input == taps_;
  const auto copy = [&](int64_t oc, int64_t ic, int64_t ics) {
    const float* from =
        v.data + oc / op.group_out() * v.group + oc % op.group_out() * v.output + ic * v.input;
    float* to = oihw_.get() + (oc * group_in_ + ic) * taps_;
    if (dense) {
      std::copy_n(from, ics * taps_, to);
      return;
    }
    for (int64_t i = 0; i < ics; ++i, from += v.input) {
      for (int64_t kh = 0; kh < op.kernel.h; ++kh) {
        for (int64_t kw = 0; kw < op.kernel.w; ++kw) *to++ = from[kh * v.h + kw * v.w];
      }
    }
  };
  const int64_t inputs = dense ? group_in_ : kInputs;
  for (int64_t begin = 0; begin < op.out_channels; begin += kOutputs) {
    const int64_t end = std::min(begin + kOutputs, op.out_channels);
    for (int64_t ic = 0; ic < group_in_; ic += inputs) {
      for (int64_t oc = begin; oc < end; ++oc) copy(oc, ic, std::min(inputs, group_in_ - ic));
    }
  }
}

void ConvWeights::Set(const ConvOp& op, const WeightsView& v, std::span<const float> bias) {
  CopyFrom(op, v);
  finite_ = AllFinite(oihw_.get(), op.out_channels * group_in_ * taps_);
  std::fill_n(bias_.get(), op.out_channels, 0.0f);
  std::copy(bias.begin(), bias.end(), bias_.get());
  if (has_panels_) PackPanels();
  if (has_vectors_) PackVectors();
}

void ConvWeights::NeedPanels() const {
  if (has_panels_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(packing_);
  if (has_panels_) return;
  AlignedFloats bias(AllocateFloats(PackedChannels()));
  panels_.reset(AllocateFloats(PackedChannels() * taps_ * group_in_));
  panel_bias_ = std::move(bias);
  PackPanels();
  has_panels_.store(true, std::memory_order_release);
}

void ConvWeights::NeedVectors() const {
  if (has_vectors_.load(std::memory_order_acquire)) return;
  const std::lock_guard lock(packing_);
  if (has_vectors_) return;
  vectors_.reset(AllocateFloats(PackedChannels() * taps_));
  PackVectors();
  has_vectors_.store(true, std::memory_order_release);
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
  const bool there = has_panels_.load(std::memory_order_acquire);
  return {.weights = there ? panels_.get() + packed * taps_ * group_in_ : nullptr,
          .bias = there ? panel_bias_.get() + packed : nullptr,
          .in_channel = depthwise_ ? first : group * group_in_,
          .out_channel = group * group_out_ + first,
          .out_channels = count,
          .packed_channel = packed,
          .tiles = tiles,
          .vecs = static_cast<int>(end - vec),
          .tail = tail};
}

Panel ConvWeights::group_panel(int64_t group, int64_t index) const {
  if (!depthwise_) return PanelOf(group, index);
  Panel p = PanelOf(0, split_.PartOf(group / lanes_));
  const int64_t offset = group - p.out_channel;
  if (p.weights != nullptr) p.weights += offset, p.bias += offset;
  p.in_channel = p.out_channel = group;
  p.out_channels = 1;
  return p;
}

// The weights of an output lie as [channel][tap]. Of a vector of outputs they are transposed, some
// channels at a time, so that outputs are side by side, and go from there to where the order
// [tap][channel] has them.
void ConvWeights::PackPanels() const {
  alignas(kAlignment) float some[8192];
  const int64_t steps = taps_ * group_in_, size = std::ssize(some) / lanes_;
  for (int64_t i = 0; i < split_.parts * groups_; ++i) {
    const Panel p = PanelOf(i / split_.parts, i % split_.parts);
    const int64_t width = p.vecs * lanes_;
    float* const to = panels_.get() + p.packed_channel * steps;
    if (p.out_channels < width) std::fill_n(to, steps * width, 0.0f);
    const auto pack = [&](int64_t out, int64_t outs, int64_t begin, int64_t end) {
      const float* const from = oihw_.get() + (p.out_channel + out) * steps + begin;
      if (taps_ == 1) {  // the order is the same
        tiles_->transpose(from, steps, outs, end - begin, to + begin * width + out, width);
        return;
      }
      tiles_->transpose(from, steps, outs, end - begin, some, lanes_);
      for (int64_t tap = 0; tap < std::min(taps_, end - begin); ++tap) {
        const int64_t first = begin + tap;
        float* const rows = to + (first % taps_ * group_in_ + first / taps_) * width + out;
        tiles_->copy_rows(some + tap * lanes_, taps_ * lanes_, CeilDiv(end - first, taps_), outs,
                          rows, width);
      }
    };
    for (int64_t out = 0; out < width; out += lanes_) {
      const int64_t outs = std::min(lanes_, p.out_channels - out);
      for (int64_t k = 0; k < steps; k += size) pack(out, outs, k, std::min(k + size, steps));
    }
    float* const bias = panel_bias_.get() + p.packed_channel;
    std::fill(std::copy_n(bias_.get() + p.out_channel, p.out_channels, bias), bias + width, 0.0f);
  }
  EndKernels();
}

void ConvWeights::PackVectors() const {
  for (int64_t i = 0; i < split_.total; ++i) {
    const int64_t channel = std::min(i * lanes_, group_out_ - lanes_);
    tiles_->transpose(oihw_.get() + channel * taps_, taps_, lanes_, taps_,
                      vectors_.get() + i * lanes_ * taps_, lanes_);
  }
  EndKernels();
}

}  // namespace windrow::internal
