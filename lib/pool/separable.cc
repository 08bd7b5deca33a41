// For each block of channels (or one plane) and columns of an image, down its rows of outputs a few
// at a time (separable.h):
//
//   1. the input rows that were not seen yet are reduced along the kernel's width, for all output
//      columns. Where channels are not neighbours they are transposed first; rows of a plane that
//      are read with a step are deinterleaved.
//   2. the output rows are reduced from what their input rows gave, and transposed if need be
#include "lib/pool/separable.h"

#include <algorithm>
#include <cstring>

#include "lib/base/parallel.h"
#include "lib/pool/pixel_copies.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

class Block {
 public:
  Block(const SeparablePlan& plan, const PoolBuffers& buffers, const PoolBlock& b, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        k_(*shape_.op->kernels),
        b_(b),
        scratch_(scratch),
        seen_columns_(shape_.w.Reach(b.column, b.column + b.columns)),
        pitch_(b.columns * b.channels),
        taps_(reinterpret_cast<const float**>(scratch + plan.at.taps)) {}

  void Run() {
    const int64_t end = b_.row + b_.rows;
    for (int64_t row = b_.row, rows; row < end; row += rows) {
      rows = std::min(plan_.rows, end - row);
      RunRows(row, rows);
    }
  }

 private:
  void RunRows(int64_t row, int64_t rows) {
    const WindowAxis::Range seen = shape_.h.Reach(row, row + rows);
    const int64_t kept = KeepResults(seen);
    bool good = true;
    for (int64_t r = seen.begin + kept, count; r < seen.end; r += count) {
      count = std::min(plan_.chunk, seen.end - r);
      good &= ReduceRows(r, count, results() + (r - seen.begin) * pitch_);
    }
    results_ = seen;
    good &= plan_.runs_down ? RunDown(row, rows) : ReduceColumns(row, rows);
    if (!good) {  // what is kept would not show the NaN again
      results_ = {0, 0};
      return RunReference(shape_, buffers_,
                          {b_.n, b_.channel, b_.channels, row, rows, b_.column, b_.columns});
    }
    if (plan_.stage_y) {
      CopyOut(shape_.ys, row, rows, outputs(), k_.transpose, buffers_.y);
      if (shape_.with_indices) {
        CopyOut(shape_.is, row, rows, output_indices(), k_.transpose_indices, buffers_.indices);
      }
    }
    if (shape_.MayHaveEmptyWindow()) FillEmptyWindows(row, rows);
  }

  // Outputs whose windows have no tap, those of a dilated kernel.
  void FillEmptyWindows(int64_t row, int64_t rows) const {
    for (int64_t o = row; o < row + rows; ++o) {
      for (int64_t c = b_.column; c < b_.column + b_.columns; ++c) {
        if (shape_.h.At(o).taps > 0 && shape_.w.At(c).taps > 0) continue;
        RunReference(shape_, buffers_, {b_.n, b_.channel, b_.channels, o, 1, c, 1});
      }
    }
  }

  float* results() const { return scratch_ + plan_.at.results; }
  int32_t* IndicesOf(float* result) const {
    return reinterpret_cast<int32_t*>(result + plan_.at.indices - plan_.at.results);
  }
  float* outputs() const { return scratch_ + plan_.at.outputs; }
  int32_t* output_indices() const {
    return reinterpret_cast<int32_t*>(scratch_ + plan_.at.output_indices);
  }
  int64_t At(const Strides& s, int64_t row, int64_t column) const {
    return b_.n * s.n + b_.channel * s.c + row * s.h + column * s.w;
  }

  // Moves the results of input rows that the rows before had in common with these to where they are
  // the first ones; returns how many there are.
  int64_t KeepResults(const WindowAxis::Range& seen) {
    const int64_t kept = results_.end - seen.begin;
    if (kept <= 0 || seen.begin < results_.begin) return 0;
    if (seen.begin == results_.begin) return kept;
    float* const to = results();
    const float* const from = to + (seen.begin - results_.begin) * pitch_;
    const size_t bytes = static_cast<size_t>(kept * pitch_) * sizeof(float);
    std::memmove(to, from, bytes);
    if (shape_.with_indices) {
      std::memmove(IndicesOf(to), from + plan_.at.indices - plan_.at.results, bytes);
    }
    return kept;
  }

  // Input rows as they are reduced: where they lie, or as copies. A pixel at `column` is that much
  // past `x`, or in phase column % step of each row.
  struct Rows {
    const float* x;
    ptrdiff_t row, pixel;
    int64_t first, step, phase;  // `first`: the first column there is; `phase`: floats of one

    const float* Pixel(int64_t column) const {
      const int64_t at = column - first;
      return step == 1 ? x + at * pixel : x + at % step * phase + at / step;
    }
  };

  Rows RowsFrom(int64_t row, int64_t count) const {
    const Strides& s = shape_.xs;
    const float* const x = buffers_.x + At(s, row, seen_columns_.begin);
    const int64_t width = seen_columns_.end - seen_columns_.begin, first = seen_columns_.begin;
    float* const to = scratch_ + plan_.at.pixels;
    if (!plan_.stage_x) return {x, s.h, s.w, first, 1, 0};
    if (plan_.pixels) {
      const int64_t step = shape_.w.stride, pitch = plan_.RowPixels();
      Deinterleave(x, count, width, pitch, to);
      return {to, pitch, 1, first, step, count * pitch};
    }
    ToPixels(k_, x, s, count, width, b_.channels, to);
    return {to, width * b_.channels, b_.channels, first, 1, 0};
  }

  void Deinterleave(const float* x, int64_t rows, int64_t width, int64_t pitch, float* to) const {
    const int64_t step = shape_.w.stride, pairs = width / 2;
    if (step == 2) {
      k_.deinterleave(x, shape_.xs.h, rows, pairs, to, to + rows * pitch, pitch);
      if (width % 2 == 0) return;
    }
    const int64_t begin = step == 2 ? width - 1 : 0;
    for (int64_t r = 0; r < rows; ++r) {
      for (int64_t i = begin; i < width; ++i) {
        float* const at = to + (i % step * rows + r) * pitch + i / step;
        std::memcpy(at, x + r * shape_.xs.h + i, sizeof(float));
      }
    }
  }

  // `count` input rows from `row` on, to results that follow each other.
  bool ReduceRows(int64_t row, int64_t count, float* to) {
    const Rows x = RowsFrom(row, count);
    if (plan_.runs_across) return RunAcross(x, row, count, to);
    bool good = true;
    const int64_t end = b_.column + b_.columns;
    for (int64_t o = b_.column; o < end;) {
      const WindowRun run = shape_.w.RunFrom(o, end);
      float* const results = to + (o - b_.column) * b_.channels;
      o = run.end;
      if (run.first.taps > 0) good &= ReduceRun(x, run, row, count, results);
    }
    return good;
  }

  bool ReduceRun(const Rows& x, const WindowRun& run, int64_t row, int64_t count, float* to) {
    const Window& window = run.first;
    const int64_t dilation = shape_.w.dilation;
    WindowArgs args{};
    args.x = x.Pixel(window.begin);
    if (x.step > 1) {
      for (int64_t t = 0; t < window.taps; ++t) taps_[t] = x.Pixel(window.begin + t * dilation);
      args.taps = taps_;
    }
    args.rows = 1;
    args.columns = window.taps;
    args.x_column = Distance(window.taps, dilation, x.pixel);
    args.pass.columns_before = window.skipped % kPartTaps;
    args.lines = count;
    args.x_line = x.row;
    args.y_line = pitch_;
    args.y = to;
    const bool items = plan_.pixels;  // are outputs
    const auto step = static_cast<int32_t>(Distance(run.size(), run.step, 1));
    args.outputs = items ? 1 : run.size();
    args.items = items ? run.size() : b_.channels;
    args.x_step = items ? args.items : Distance(run.size(), run.step, x.pixel);
    args.y_step = args.items;
    if (shape_.with_indices) {
      args.index = {.distance = 0,
                    .position = static_cast<int32_t>(row * shape_.w.in + window.begin),
                    .of_line = static_cast<int32_t>(Distance(count, 1, shape_.w.in)),
                    .of_output = items ? 0 : step,
                    .of_item = items ? step : 0,
                    .of_row = 0,
                    .of_column = static_cast<int32_t>(Distance(window.taps, dilation, 1)),
                    .narrow = IndicesOf(to),
                    .indices = nullptr,
                    .line = 0,
                    .step = 0};
    }
    return shape_.kernels().Of(args)(args);
  }

  bool RunAcross(const Rows& x, int64_t row, int64_t count, float* to) const {
    RunningArgs args{};
    args.x = x.x;
    args.length = shape_.w.kernel;
    args.before = seen_columns_.begin - shape_.w.Start(b_.column);
    args.inputs = seen_columns_.end - seen_columns_.begin;
    args.outputs = b_.columns;
    args.lines = count;
    args.items = b_.channels;
    args.x_line = x.row;
    args.x_step = x.pixel;
    args.y = to;
    args.y_line = pitch_;
    args.y_step = b_.channels;
    args.scratch = scratch_ + plan_.at.suffixes;
    if (!shape_.with_indices) return k_.max_running.across(args);
    args.index.position = static_cast<int32_t>(row * shape_.w.in + seen_columns_.begin);
    args.index.of_line = static_cast<int32_t>(Distance(count, 1, shape_.w.in));
    args.index.of_row = 1;
    args.index.narrow = IndicesOf(to);
    return k_.max_indices_running.across(args);
  }

  // Where outputs from this one on go; from row to row, and from column to column.
  struct Target {
    float* y;
    ptrdiff_t row, column;
    IndexArgs index;  // with those distances as `line` and `step`
  };
  Target TargetAt(int64_t row, int64_t column, int64_t first_row) const {
    const int64_t staged = (row - first_row) * pitch_ + (column - b_.column) * b_.channels;
    const Strides &ys = shape_.ys, &is = shape_.is;
    Target to{buffers_.y + At(ys, row, column), ys.h, ys.w, {}};
    if (plan_.stage_y) to = {outputs() + staged, pitch_, b_.channels, {}};
    if (!shape_.with_indices) return to;
    to.index.distance = plan_.at.indices - plan_.at.results;
    to.index.line = is.h, to.index.step = is.w;
    if (plan_.stage_y) {
      to.index.narrow = output_indices() + staged;
    } else {
      to.index.indices = buffers_.indices + At(is, row, column);
    }
    return to;
  }

  // `rows` output rows from `first` on, from results_.
  bool ReduceColumns(int64_t first, int64_t rows) {
    bool good = true;
    const int64_t end = b_.column + b_.columns;
    for (int64_t o = first; o < first + rows;) {
      const WindowRun run = shape_.h.RunFrom(o, first + rows);
      o = run.end;
      if (run.first.taps == 0) continue;
      for (int64_t c = b_.column; c < end;) {
        const int64_t next = EndOfLike(run.first, c, end);
        if (shape_.w.At(c).taps > 0) good &= ReduceColumns(run, c, next, first);
        c = next;
      }
    }
    return good;
  }

  // Columns from `begin` on, before `end`, whose sums are divided by the same, and which all have a
  // tap or none.
  int64_t EndOfLike(const Window& rows, int64_t begin, int64_t end) const {
    const bool divides = shape_.op->average && shape_.op->divisor_override == 0;
    const bool empties = shape_.w.MayHaveEmptyWindow();
    if (!divides && !empties) return end;
    const Window first = shape_.w.At(begin);
    while (begin < end) {
      const WindowRun run = shape_.w.RunFrom(begin, end);
      if (divides && shape_.Divisor(rows, run.first) != shape_.Divisor(rows, first)) break;
      if ((run.first.taps == 0) != (first.taps == 0)) break;
      begin = run.end;
    }
    return begin;
  }

  bool ReduceColumns(const WindowRun& run, int64_t column, int64_t end, int64_t first_row) {
    const Window& rows = run.first;
    const Target to = TargetAt(run.begin, column, first_row);
    WindowArgs args{};
    args.x =
        results() + (rows.begin - results_.begin) * pitch_ + (column - b_.column) * b_.channels;
    args.rows = 1;
    args.columns = rows.taps;
    args.x_column = Distance(rows.taps, shape_.h.dilation, pitch_);
    const float divisor = shape_.op->average ? shape_.Divisor(rows, shape_.w.At(column)) : 0;
    args.pass = {true, true, divisor, rows.skipped % kPartTaps, 0};
    args.lines = run.size();
    args.x_line = Distance(run.size(), run.step, pitch_);
    args.y_line = to.row;
    args.outputs = end - column;
    args.items = args.x_step = b_.channels;
    args.y = to.y;
    args.y_step = to.column;
    args.index = to.index;
    return shape_.kernels().Of(args)(args);
  }

  // All output rows of a block at once.
  bool RunDown(int64_t row, int64_t rows) const {
    const Target to = TargetAt(row, b_.column, row);
    RunningArgs args{};
    args.x = results();
    args.length = shape_.h.kernel;
    args.before = results_.begin - shape_.h.Start(row);
    args.inputs = results_.end - results_.begin;
    args.outputs = rows;
    args.lines = b_.columns;
    args.items = args.x_line = b_.channels;
    args.x_step = pitch_;
    args.y = to.y;
    args.y_line = to.column;
    args.y_step = to.row;
    args.scratch = scratch_ + plan_.at.suffixes;
    args.index = to.index;
    std::swap(args.index.line, args.index.step);
    return (shape_.with_indices ? k_.max_indices_running : k_.max_running).down(args);
  }

  // Staged outputs or indices to where they belong.
  template <class From, class Transpose, class To>
  void CopyOut(const Strides& s, int64_t first, int64_t rows, const From* from, Transpose transpose,
               To* to) const {
    FromPixels(transpose, from, s, rows, b_.columns, b_.channels, to + At(s, first, b_.column));
  }

  const SeparablePlan& plan_;
  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const PoolKernels& k_;
  const PoolBlock b_;
  float* const scratch_;
  const WindowAxis::Range seen_columns_;
  const int64_t pitch_;              // of results
  const float** const taps_;         // of one window
  WindowAxis::Range results_{0, 0};  // input rows whose results there are
};

}  // namespace

void SeparablePlan::Run(const PoolBuffers& buffers) const {
  const int64_t share = ShareOf(
      shape, shape.h.out,
      SaturatedProduct({shape.n, CeilDiv(shape.c, channels), CeilDiv(shape.w.out, columns)}));
  const PoolBlocks blocks(shape, channels, share, columns);
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Block(*this, buffers, blocks.At(i), buffers.Scratch(slot, bytes)).Run();
  });
}

}  // namespace windrow::internal
