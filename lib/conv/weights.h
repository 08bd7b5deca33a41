// A layer's weights: as they were given, and packed in panels for the register tile.
#ifndef WINDROW_LIB_CONV_WEIGHTS_H_
#define WINDROW_LIB_CONV_WEIGHTS_H_

#include <cstdint>
#include <span>

#include "lib/base/aligned.h"
#include "lib/base/math.h"

namespace windrow::internal {

struct ConvOp;
struct TileSet;
struct TileTable;

// The outputs of one group (of depthwise convolution: of many groups), a few vectors of channels
// wide: [kernel h][kernel w][group_in][lanes * vecs], the canonical order of the reduction.
// Channels that do not exist have zero weights.
struct Panel {
  const float* weights;
  const float* bias;     // [lanes * vecs], zeros if there is none
  int64_t in_channel;    // the first of the group
  int64_t out_channel;   // the first of the panel
  int64_t out_channels;  // that exist
  const TileTable* tiles;
  int vecs;
  int tail;  // lanes of the last vector that exist
};

class ConvWeights {
 public:
  // Copies and packs; the sizes are the caller's to check.
  ConvWeights(const ConvOp& op, std::span<const float> oihw, std::span<const float> bias);
  // Copies and packs again, of the same sizes, in place.
  void Set(const ConvOp& op, std::span<const float> oihw, std::span<const float> bias);

  bool finite() const { return finite_; }
  const float* oihw() const { return oihw_.get(); }
  const float* bias() const { return bias_.get(); }  // zeros if there is none

  // Of depthwise convolution, [vector][tap][lane]. The last vector ends with the last channel, and
  // so begins inside the one before if channels are not a multiple of lanes; null if they are
  // fewer.
  const float* vectors() const { return vectors_.get(); }

  int64_t panels() const { return split_.parts * groups_; }
  Panel panel(int64_t index) const;

  // The panels of one group, for tiles whose rows are outputs. Of depthwise convolution a part of a
  // panel, one output wide.
  int64_t group_panels() const { return depthwise_ ? 1 : split_.parts; }
  Panel group_panel(int64_t group, int64_t index) const;

 private:
  Panel PanelOf(int64_t group, int64_t part) const;
  void PackPanel(const Panel& panel, float* to) const;
  void PackVectors();

  // Depthwise convolution counts as one group here, whose outputs have an input each.
  bool depthwise_;
  const TileSet* tiles_;
  int64_t groups_, group_in_, group_out_, taps_, lanes_;
  EvenSplit split_;  // of a group's vectors of outputs
  bool finite_ = true;
  AlignedFloats oihw_, bias_, panels_, panel_bias_, vectors_;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_WEIGHTS_H_
