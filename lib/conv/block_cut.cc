#include "lib/conv/block_cut.h"

#include <algorithm>

namespace windrow::internal {
namespace {

// Not so small that most of a block's input is also part of its neighbours'.
bool Worthwhile(const Axis& axis, int64_t outputs) {
  return outputs * axis.stride > (axis.kernel - 1) * axis.dilation;
}

}  // namespace

Block BlockAt(const ConvCall& call, const BlockCut& cut, int64_t index) {
  const int64_t across = cut.across(call), down = cut.down(call);
  const int64_t row = index / across % down * cut.rows, column = index % across * cut.columns;
  return {index / (across * down), row, std::min(cut.rows, call.h.out - row), column,
          std::min(cut.columns, call.w.out - column)};
}

BlockCut CutBlocks(const ConvCall& call, int64_t min_columns, int64_t parallel,
                   FunctionRef<bool(int64_t rows, int64_t columns)> too_large) {
  constexpr int64_t kTasksPerThread = 4;
  BlockCut cut{call.h.out, call.w.out};
  const auto again = [&] {
    return too_large(cut.rows, cut.columns) ||
           (call.threads > 1 && cut.count(call) * parallel < call.threads * kTasksPerThread);
  };
  while (cut.rows > 1 && Worthwhile(call.h, cut.rows) && again()) {
    cut.rows = CeilDiv(cut.rows, 2);
  }
  while (cut.columns > min_columns && Worthwhile(call.w, cut.columns) && again()) {
    cut.columns = CeilDiv(cut.columns, 2);
  }
  return cut;
}

}  // namespace windrow::internal
