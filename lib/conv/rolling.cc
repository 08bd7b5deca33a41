// Kernels three rows high, stride 1 down the image, at most a vector of output channels a group.
//
//   for each image, group and band of output rows (the parallel tasks):
//     for each few columns of outputs: one call of the micro-kernel, which rolls down the band
//
// Nothing is copied. The kernel finds its inputs through a table of rows and one of columns, so
// that padding of every mode is only a matter of where they lead.
#include "lib/conv/rolling.h"

#include <algorithm>
#include <array>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/block_cut.h"
#include "lib/conv/cost.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kMaxRows = 256;      // of a band: so that the tables have a fixed size
constexpr int64_t kMaxKernelW = 16;    // taps of a kernel row
constexpr int64_t kMaxChannels = 256;  // of a group's input

// What a padded tap reads.
alignas(kAlignment) constexpr std::array<float, kMaxChannels> kZeros{};

class Task {
 public:
  Task(const RollingPlan& plan, const ConvBuffers& buffers, int64_t index)
      : plan_(plan),
        call_(plan.shape),
        buffers_(buffers),
        n_(index / call_.op->groups / plan.bands.parts),
        row_(plan.bands.Begin(index / call_.op->groups % plan.bands.parts)) {
    const ConvOp& op = *call_.op;
    const int64_t group = index % op.groups;
    const Panel panel = call_.weights->panel(group);
    out_channel_ = panel.out_channel;
    op.SetClamp(args_);
    args_.height = plan.bands.Begin(index / op.groups % plan.bands.parts + 1) - row_;
    args_.rows = rows_.data();
    args_.skip_padding = call_.may_skip_padding();
    args_.columns = columns_.data();
    args_.zeros = kZeros.data();
    args_.weights = panel.weights;
    args_.kernel_w = call_.w.kernel;
    args_.channels = op.group_in();
    args_.bias = panel.bias;
    args_.y_row = call_.ys.h;
    args_.y_column = call_.ys.w;
    args_.residual_row = call_.rs.h;
    args_.residual_column = call_.rs.w;
    args_.tail = panel.tail;
    FindRows(buffers_.x + n_ * call_.xs.n + group * call_.x_group);
  }

  void Run() {
    for (int64_t i = 0; i < plan_.columns.parts; ++i) {
      const int64_t column = plan_.columns.Begin(i);
      const int64_t columns = plan_.columns.Begin(i + 1) - column;
      FindColumns(column, columns);
      const auto at = [&](const Strides& s) {
        return n_ * s.n + out_channel_ * s.c + row_ * s.h + column * s.w;
      };
      args_.y = buffers_.y + at(call_.ys);
      if (buffers_.residual != nullptr) args_.residual = buffers_.residual + at(call_.rs);
      call_.op->tiles->rolling.tile[columns](args_);
    }
  }

 private:
  void FindRows(const float* x) {
    const int64_t first = call_.h.Position(row_, 0);
    for (int64_t i = 0; i < args_.height + kRollingRows - 1; ++i) {
      const int64_t ih = call_.h.Source(first + i, call_.op->mode);
      rows_[static_cast<size_t>(i)] = ih < 0 ? nullptr : x + ih * call_.xs.h;
    }
  }

  void FindColumns(int64_t column, int64_t columns) {
    size_t i = 0;
    for (int64_t kw = 0; kw < call_.w.kernel; ++kw) {
      for (int64_t j = 0; j < columns; ++j) {
        const int64_t iw = call_.w.Source(call_.w.Position(column + j, kw), call_.op->mode);
        columns_[i++] = iw < 0 ? -1 : iw * call_.xs.w;
      }
    }
  }

  const RollingPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const int64_t n_, row_;
  int64_t out_channel_;
  RollingArgs args_{};
  std::array<const float*, kMaxRows + kRollingRows - 1> rows_;
  std::array<ptrdiff_t, kMaxKernelW * kMaxRollingColumns> columns_;
};

// Whether the kernels do such calls.
bool Fits(const ConvShape& call) {
  const ConvOp& op = *call.op;
  if (op.tiles->rolling.max_columns == 0) return false;
  if (call.h.kernel != kRollingRows || call.h.stride != 1 || call.h.dilation != 1) return false;
  if (op.depthwise() || op.group_out() > op.lanes) return false;
  if (op.group_in() > kMaxChannels || call.w.kernel > kMaxKernelW) return false;
  // So few that most of a tile's rows, or its registers, would be for nothing.
  if (call.h.out < kRollingRows || call.w.out < kRollingRows) return false;
  const auto pixels = [](const Strides& s, int64_t channels) { return s.c == 1 || channels == 1; };
  return pixels(call.xs, op.group_in()) &&
         call.OfOutputs([&](const Strides& s) { return pixels(s, op.group_out()); });
}

double Estimate(const RollingPlan& plan) {
  const ConvShape& call = plan.shape;
  const ConvOp& op = *call.op;
  const double rows = static_cast<double>(call.h.out + plan.bands.parts * (kRollingRows - 1));
  const double taps = static_cast<double>(call.w.kernel * op.group_in());
  // A step of the reduction, and the three rows of outputs moving up.
  const auto tile = [&](int64_t columns) {
    return StepCycles(op, columns, kRollingRows) * taps + static_cast<double>(20 + 4 * columns);
  };
  return kStrategyCycles + static_cast<double>(call.n * op.groups) *
                               (Cycles(plan.columns, tile) * rows +
                                op.machine->tile * static_cast<double>(plan.columns.parts));
}

// Groups share cache lines: those that one brings should stay for the others.
int64_t RowsPerBand(const ConvShape& c) {
  constexpr int64_t kFewRows = 8;  // two of them are read by the next band, too
  if (c.op->groups == 1) return kMaxRows;
  constexpr int64_t kFloat = sizeof(float);
  const int64_t row = SaturatedSum(SaturatedProduct({c.w.in, c.op->in_channels, kFloat}),
                                   SaturatedProduct({c.w.out, c.op->out_channels, kFloat}));
  return std::clamp(c.op->machine->l2 / 2 / row, kFewRows, kMaxRows);
}

}  // namespace

std::optional<RollingPlan> PlanRolling(const ConvShape& shape) {
  if (!Fits(shape)) return std::nullopt;
  const ConvOp& op = *shape.op;
  RollingPlan p{.shape = shape,
                .cycles = 0,
                .bands = EvenSplit(shape.h.out, RowsPerBand(shape)),
                .columns = EvenSplit(shape.w.out, op.tiles->rolling.max_columns)};
  const int64_t shares = std::min(BandsForThreads(shape, shape.n * op.groups), shape.h.out);
  if (shares > p.bands.parts) p.bands = EvenSplit(shape.h.out, CeilDiv(shape.h.out, shares));
  p.cycles = Estimate(p);
  return p;
}

void RollingPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  const int64_t tasks = shape.n * shape.op->groups * bands.parts;
  RunTasks(shape.threads, tasks, [&](int64_t i, int64_t) { Task(*this, buffers, i).Run(); });
}

std::string RollingPlan::Describe() const {
  const int lanes = shape.op->lanes;
  return StrCat(kRollingRows, " rows x ", columns.smaller + (columns.larger > 0),
                " columns x 1 vector of ", lanes, lanes == 1 ? " lane" : " lanes");
}

}  // namespace windrow::internal
