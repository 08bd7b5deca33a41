#include "lib/conv/block_cut.h"

#include <algorithm>

#include "lib/conv/band_axis.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFewTasksPerThread = 2;

// Not so small that most of a block's input is also part of its neighbours'.
bool Worthwhile(const Axis& axis, int64_t outputs) {
  return outputs > (axis.kernel - 1) * axis.dilation / axis.stride;
}

}  // namespace

Block BlockAt(const ConvShape& call, const BlockCut& cut, int64_t index) {
  const int64_t across = cut.across(call), down = cut.down(call);
  const int64_t row = index / across % down * cut.rows, column = index % across * cut.columns;
  return {index / (across * down), row, std::min(cut.rows, call.h.out - row), column,
          std::min(cut.columns, call.w.out - column)};
}

int64_t Shares(const ConvShape& call) {
  constexpr int64_t kCopy = 2;  // what a copied float takes longer than one of the weights
  if (call.threads == 1 || call.n > 1 || call.op->groups > 1) return 1;
  const auto seen = [](const Axis& axis) {
    return std::min(axis.in, SaturatedProduct({axis.out, axis.kernel}));
  };
  const int64_t weights = SaturatedProduct(
      {call.op->group_out(), call.h.kernel, call.w.kernel});  // of an input channel
  if (weights <= SaturatedProduct({kCopy, seen(call.h), seen(call.w)})) return 1;
  return std::clamp<int64_t>(call.threads * kFewTasksPerThread, 1, call.weights->group_panels());
}

PanelShare ShareAt(const ConvWeights& weights, int64_t group, int64_t index, int64_t shares) {
  const int64_t panels = weights.group_panels();
  const int64_t first = index * panels / shares, end = (index + 1) * panels / shares;
  const Panel last = weights.group_panel(group, end - 1);
  const int64_t channel = weights.group_panel(group, first).out_channel;
  return {first, end - first, channel, last.out_channel + last.out_channels - channel};
}

BlockCut CutBlocks(const ConvShape& call, int64_t min_columns, int64_t parallel,
                   FunctionRef<double(int64_t rows, int64_t columns)> load) {
  constexpr int64_t kTasksPerThread = 4;
  BlockCut cut{call.h.out, call.w.out};
  const auto again = [&](double max_load, int64_t tasks_per_thread) {
    return load(cut.rows, cut.columns) > max_load ||
           (call.threads > 1 && cut.count(call) * parallel < call.threads * tasks_per_thread);
  };
  while (cut.rows > 1 && Worthwhile(call.h, cut.rows) && again(1, kTasksPerThread)) {
    cut.rows = CeilDiv(cut.rows, 2);
  }
  while (cut.columns > min_columns && Worthwhile(call.w, cut.columns) &&
         again(1, kTasksPerThread)) {
    cut.columns = CeilDiv(cut.columns, 2);
  }
  // What is left to cut costs copies, but without an end to it scratch memory would have none.
  while (cut.rows > 1 && again(kMaxLoad, kFewTasksPerThread)) cut.rows = CeilDiv(cut.rows, 2);
  while (cut.columns > min_columns && again(kMaxLoad, kFewTasksPerThread)) {
    cut.columns = CeilDiv(cut.columns, 2);
  }
  while (cut.columns > 1 && load(cut.rows, cut.columns) > kMaxLoad) {
    cut.columns = CeilDiv(cut.columns, 2);
  }
  return cut;
}

}  // namespace windrow::internal
