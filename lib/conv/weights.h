// A layer's weights: in PyTorch's order, and packed for the micro-kernels that have run.
#ifndef WINDROW_LIB_CONV_WEIGHTS_H_
#define WINDROW_LIB_CONV_WEIGHTS_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <span>

#include "lib/base/aligned.h"
#include "lib/base/math.h"

namespace windrow::internal {

struct ConvOp;  // lib/conv/problem.h
struct TileSet;
struct TileTable;

// The outputs of one group (of depthwise convolution: of many groups), a few vectors of channels
// wide: [kernel h][kernel w][group_in][lanes * vecs], the canonical order of the reduction.
// Channels that do not exist have zero weights.
struct Panel {
  const float* weights;    // null before NeedPanels(), as is the bias
  const float* bias;       // [lanes * vecs], zeros if there is none
  int64_t in_channel;      // the first of the group
  int64_t out_channel;     // the first of the panel
  int64_t out_channels;    // that exist
  int64_t packed_channel;  // before it, with those that do not exist
  const TileTable* tiles;
  int vecs;
  int tail;  // lanes of the last vector that exist
};

// Weights [group][output][input][kernel h][kernel w] wherever they lie, at distances in floats that
// may be negative: flipped and transposed ones too.
struct WeightsView {
  const float* data;  // of the first output, input and tap
  ptrdiff_t group, output, input, h, w;

  // As PyTorch lays them out.
  static WeightsView Dense(const ConvOp& op, const float* data);
};

class ConvWeights {
 public:
  // Copies; the sizes are the caller's to check. `bias` may be empty.
  ConvWeights(const ConvOp& op, const WeightsView& weights, std::span<const float> bias);
  // Copies again, of the same sizes, and packs again what is packed. No thread may use them then.
  void Set(const ConvOp& op, const WeightsView& weights, std::span<const float> bias);

  bool finite() const { return finite_; }
  const float* oihw() const { return oihw_.get(); }
  const float* bias() const { return bias_.get(); }  // zeros if there is none

  // Each packing is made when it is first needed, by any thread, which whoever uses it says first.
  void NeedPanels() const;
  void NeedVectors() const;

  // Of depthwise convolution, [vector][tap][lane]. The last vector ends with the last channel, and
  // so begins inside the one before if channels are not a multiple of lanes; there must be at least
  // one whole vector.
  const float* vectors() const { return vectors_.get(); }

  int64_t panels() const { return split_.parts * groups_; }
  Panel panel(int64_t index) const;

  // The panels of one group, for tiles whose rows are outputs. Of depthwise convolution a part of a
  // panel, one output wide.
  int64_t group_panels() const { return depthwise_ ? 1 : split_.parts; }
  Panel group_panel(int64_t group, int64_t index) const;
  // The first of a group's panels after this one that is narrower than it, or their number.
  int64_t AlikeUntil(int64_t index) const {
    return index < split_.larger ? split_.larger : split_.parts;
  }

 private:
  void CopyFrom(const ConvOp& op, const WeightsView& weights) const;
  Panel PanelOf(int64_t group, int64_t part) const;
  int64_t PackedChannels() const { return groups_ * RoundUp(group_out_, lanes_); }
  void PackPanels() const;
  void PackVectors() const;

  // Depthwise convolution counts as one group here, whose outputs have an input each.
  bool depthwise_;
  const TileSet* tiles_;
  int64_t groups_, group_in_, group_out_, taps_, lanes_;
  EvenSplit split_;  // of a group's vectors of outputs
  bool finite_ = true;
  AlignedFloats oihw_, bias_;
  mutable std::mutex packing_;
  mutable std::atomic<bool> has_panels_ = false, has_vectors_ = false;
  mutable AlignedFloats panels_, panel_bias_, vectors_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_WEIGHTS_H_
