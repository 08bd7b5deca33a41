#include "lib/conv/planar_task.h"

#include <algorithm>
#include <limits>

#include "lib/base/parallel.h"
#include "lib/conv/planar_rows.h"

namespace windrow::internal {
namespace {

// Some rows of some input planes and all outputs that come from them.
class PlaneTask {
 public:
  PlaneTask(const PlanarPlan& plan, const ConvBuffers& buffers, int64_t band, float* scratch)
      : plan_(plan),
        call_(plan.shape),
        buffers_(buffers),
        op_(*call_.op),
        row_(plan.bands.Begin(band)),
        row_end_(plan.bands.Begin(band + 1)),
        out_(plan.stream ? scratch + plan.zeros + plan.band : nullptr),
        inputs_(call_, scratch, scratch + plan.zeros, plan.batch) {
    args_.row_stride = call_.h.stride;
    args_.row_dilation = call_.h.dilation;
    args_.kernel_h = call_.h.kernel;
    args_.kernel_w = call_.w.kernel;
    args_.planes.weights = call_.h.kernel * call_.w.kernel;
    args_.planes.bias = 1;
    args_.planes.y = call_.ys.c;
    args_.planes.residual = call_.rs.c;
    args_.ahead_row = call_.xs.h;
    args_.planes.ahead = call_.xs.c;
    op_.SetClamp(args_);
  }

  // The planes [first, end), as many at a time as are copied together.
  void Run(int64_t first, int64_t end) {
    while (first < end) {
      n_ = first / op_.in_channels;
      channel_ = first % op_.in_channels;
      planes_ = std::min({plan_.batch, end - first, op_.in_channels - channel_});
      first += planes_;
      last_ = first == end || channel_ + planes_ == op_.in_channels;
      RunBatch();
    }
  }

 private:
  void RunBatch() {
    x_ = buffers_.x + n_ * call_.xs.n + channel_ * call_.xs.c;
    RunCopied(0, plan_.inside);
    const int64_t columns = plan_.stream ? kMaxStreamedColumns : kMaxColumnsInPlace;
    for (int64_t column = plan_.inside; column < plan_.inside_end; column += columns) {
      const int64_t end = std::min(column + columns, plan_.inside_end);
      const PlanarArea area{row_, row_end_, column, end};
      inputs_.UseInPlace(x_, area);
      RunStretch(area);
    }
    RunCopied(plan_.inside_end, call_.w.out);
  }

  void RunCopied(int64_t column, int64_t end) {
    for (; column < end; column += kMaxCopiedColumns) {
      const int64_t column_end = std::min(column + kMaxCopiedColumns, end);
      for (int64_t row = row_; row < row_end_; row += plan_.copied_rows) {
        const int64_t row_end = std::min(row + plan_.copied_rows, row_end_);
        const PlanarArea area{row, row_end, column, column_end};
        inputs_.Copy(x_, area, planes_);
        RunStretch(area);
      }
    }
  }

  // How an area is cut; planes have it in common, and divisions are slow.
  struct Cut {
    PlanarArea area{};
    EvenSplit tiles{1, 1}, blocks{1, 1};  // vectors of a row; rows
    int64_t whole = 0;                    // tiles; the last one may be partial
    int64_t past = 0;                     // lanes of that past the end of the row
    int64_t columns = 0;
    bool overlaps = false;  // instead, it begins inside the one before
  };

  void CutArea(const PlanarArea& area) {
    cut_.area = area;
    cut_.columns = area.column_end - area.column;
    cut_.tiles = EvenSplit(CeilDiv(cut_.columns, op_.lanes), plan_.max_vecs());
    cut_.blocks = EvenSplit(area.row_end - area.row, plan_.RowsOf(cut_.tiles.Begin(1)));
    cut_.past = cut_.tiles.total * op_.lanes - cut_.columns;
    // A residual in y would be added twice.
    cut_.overlaps =
        plan_.rolling != nullptr && cut_.tiles.parts > 1 && buffers_.residual == nullptr;
    cut_.whole = cut_.past == 0 || cut_.overlaps ? cut_.tiles.parts : cut_.tiles.parts - 1;
  }

  void RunStretch(const PlanarArea& area) {
    if (area != cut_.area) CutArea(area);
    for (int64_t first = 0; first < planes_; first += args_.planes.count) {
      args_.planes.count = Together(first);
      for (int64_t m = 0; m < op_.group_out(); ++m) RunPlanes(first, m);
    }
  }

  // Planes that are one call, from the batch's `first` on.
  int64_t Together(int64_t first) const {
    if (plan_.rolling == nullptr || cut_.blocks.parts > 1) return 1;
    if (op_.group_out() > 1 || out_ != nullptr) return 1;
    if (cut_.whole == cut_.tiles.parts) return planes_ - first;
    if (!MaySpill(row_end_, false)) return 1;
    // After the last one there may be none that is yet to be computed.
    return std::max<int64_t>(planes_ - first - (last_ ? 1 : 0), 1);
  }

  // Output m of each group of some planes.
  void RunPlanes(int64_t first, int64_t m) {
    const int64_t out_channel = (channel_ + first) * op_.group_out() + m;
    // Whether no plane comes next, or its rows above these have been computed.
    const bool in_parts = cut_.area.row_end - cut_.area.row < row_end_ - row_;
    const bool last =
        m + 1 < op_.group_out() ? in_parts : last_ && first + args_.planes.count == planes_;
    args_.weights = call_.weights->oihw() + out_channel * args_.planes.weights;
    args_.bias = call_.weights->bias() + out_channel;
    for (int64_t i = 0; i < cut_.blocks.parts; ++i) {
      const int64_t row = cut_.area.row + cut_.blocks.Begin(i);
      const int64_t rows = cut_.area.row + cut_.blocks.Begin(i + 1) - row;
      inputs_.Find(first, row, rows, args_);
      args_.ahead = Ahead(first, row, rows);
      const auto at = [&](const Strides& s) {
        return n_ * s.n + out_channel * s.c + row * s.h + cut_.area.column * s.w;
      };
      float* const y = buffers_.y + at(call_.ys);
      if (out_ != nullptr) {
        const int64_t pitch = cut_.columns + cut_.past;
        RunRows(rows, true, out_, pitch, nullptr);
        op_.tiles->stream_rows(out_, pitch, rows, cut_.columns, y, call_.ys.h);
      } else {
        RunRows(rows, MaySpill(row + rows, last), y, call_.ys.h,
                buffers_.residual == nullptr ? nullptr : buffers_.residual + at(call_.rs));
      }
    }
  }

  // What is read when all that is copied, or these rows, have been computed: the same of the next
  // planes, or of the next rows.
  const float* Ahead(int64_t first, int64_t row, int64_t rows) const {
    int64_t plane = 0;
    if (inputs_.copied()) {
      rows = cut_.area.row_end - cut_.area.row;
      if (rows == row_end_ - row_) plane = first + planes_, rows = 0;
    }
    const int64_t at = plane * call_.xs.c + (row + rows) * call_.h.stride * call_.xs.h +
                       cut_.area.column * call_.w.stride;
    return reinterpret_cast<const float*>(reinterpret_cast<uintptr_t>(x_) +
                                          static_cast<uintptr_t>(at) * sizeof(float));
  }

  // Whether the lanes past the end of a row may be stored, too: to this task's next rows, or its
  // next plane, whose own outputs come after them.
  bool MaySpill(int64_t row_end, bool last) const {
    const int64_t width = call_.w.out, plane = call_.h.out * width;
    if (cut_.area.column != 0 || cut_.area.column_end != width || call_.ys.h != width) return false;
    if (buffers_.residual != nullptr) return false;
    int64_t room = (row_end_ - row_end) * width;
    if (!last && plan_.bands.parts == 1 && call_.ys.c == plane) room += plane;
    return cut_.past <= room;
  }

  // The last tile if it is partial, then tiles of one width at a time, the wider ones first.
  void RunRows(int64_t rows, bool spills, float* y, ptrdiff_t y_row, const float* residual) {
    const EvenSplit& tiles = cut_.tiles;
    args_.height = rows;
    const auto run = [&](int64_t i, int64_t end) {
      const int64_t vec = tiles.Begin(i), vecs = tiles.Begin(i + 1) - vec;
      args_.column = vec * op_.lanes;
      args_.tiles = end - i;
      args_.last = cut_.overlaps ? cut_.columns - (vec + vecs) * op_.lanes
                                 : std::numeric_limits<ptrdiff_t>::max();
      args_.y = y + args_.column;
      args_.y_row = y_row;
      args_.residual = residual == nullptr ? nullptr : residual + args_.column;
      args_.residual_row = call_.rs.h;
      plan_.Kernel(vecs, rows)(args_);
    };
    if (cut_.whole < tiles.parts) {
      spills ? run(cut_.whole, tiles.parts) : RunPartial(rows, y, y_row, residual);
    }
    const int64_t wider = tiles.larger == 0 ? cut_.whole : std::min(tiles.larger, cut_.whole);
    if (wider > 0) run(0, wider);
    if (wider < cut_.whole) run(wider, cut_.whole);
  }

  // A few rows at a time by way of a buffer.
  void RunPartial(int64_t rows, float* y, ptrdiff_t y_row, const float* residual) {
    alignas(kAlignment) float buffer[kMaxPlanarRows * kMaxPlanarVecs * kMaxPlanarLanes];
    const int64_t vec = cut_.tiles.Begin(cut_.whole), vecs = cut_.tiles.total - vec;
    const int64_t first = vec * op_.lanes, pitch = vecs * op_.lanes, count = pitch - cut_.past;
    const float* const* const inputs = args_.rows;
    args_.column = first;
    args_.tiles = 1;
    args_.last = 0;
    args_.y = buffer;
    args_.y_row = pitch;
    args_.residual = residual == nullptr ? nullptr : buffer;
    args_.residual_row = pitch;
    for (int64_t row = 0; row < rows; row += kMaxPlanarRows) {
      const int64_t few = std::min<int64_t>(rows - row, kMaxPlanarRows);
      for (int64_t r = 0; residual != nullptr && r < few; ++r) {
        std::copy_n(residual + (row + r) * call_.rs.h + first, count, buffer + r * pitch);
        std::fill_n(buffer + r * pitch + count, cut_.past, 0.0f);
      }
      args_.rows = inputs + row * call_.h.stride;
      args_.height = few;
      plan_.Kernel(vecs, few)(args_);
      op_.tiles->copy_rows(buffer, pitch, few, count, y + row * y_row + first, y_row);
    }
    args_.rows = inputs;
    args_.height = rows;
  }

  const PlanarPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  const int64_t row_, row_end_;
  float* const out_;
  int64_t n_ = 0, channel_ = 0;  // the first of the batch
  int64_t planes_ = 0;           // of the batch
  bool last_ = false;            // whether it has the last of the task's planes, or of the image's
  const float* x_ = nullptr;     // of the channel
  PlanarRows inputs_;
  Cut cut_;
  PlanarArgs args_{};
};

}  // namespace

void PlanarPlan::Run(const ConvBuffers& buffers) const {
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, tasks(), [&](int64_t task, int64_t slot) {
    float* const scratch = buffers.Scratch(slot, bytes);
    std::fill_n(scratch, zeros, 0.0f);
    const int64_t band_of_rows = task % bands.parts, first = task / bands.parts * planes;
    const int64_t end = std::min(first + planes, input_planes());
    PlaneTask(*this, buffers, band_of_rows, scratch).Run(first, end);
  });
}

}  // namespace windrow::internal
