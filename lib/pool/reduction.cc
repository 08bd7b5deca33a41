// For each block of channels (or one plane) and columns of an image, down its rows of outputs a few
// at a time (reduction.h): window by window, for runs of windows that are alike; or
//
//   1. the input rows that were not seen yet are reduced along the kernel's width, for all output
//      columns. Where channels are not neighbours they are transposed first; rows of a plane that
//      are read with a step are deinterleaved.
//   2. the output rows are reduced from what their input rows gave, and transposed if need be
#include "lib/pool/reduction.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "lib/base/parallel.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

// Pixels to be reduced: where they lie in x, as copies, or results of rows. The one at `column` of
// the first row is that much past `x`, or in phase column % step.
struct Source {
  const float* x;
  ptrdiff_t row, pixel;
  int64_t first, step, phase;  // `first`: the first column there is; `phase`: floats of one

  const float* Pixel(int64_t column) const {
    const int64_t at = column - first;
    return step == 1 ? x + at * pixel : x + at % step * phase + at / step;
  }
};

// Where outputs from some one on go; from row to row, and from column to column.
struct Target {
  float* y;
  ptrdiff_t row, column;
  IndexArgs index;  // with such distances as `line` and `step`
};

int32_t Steps(int64_t count, int64_t step, int64_t distance) {
  return static_cast<int32_t>(Distance(count, step, distance));
}

TapAxis TapsOf(const Window& window, const WindowAxis& axis, ptrdiff_t distance) {
  return {window.taps, Distance(window.taps, axis.dilation, distance),
          kPartTaps - window.skipped % kPartTaps};
}

class Block {
 public:
  Block(const ReductionPlan& plan, const PoolBuffers& buffers, const PoolBlock& b, float* scratch)
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
      rows = std::min(plan_.cut.rows, end - row);
      RunRows(row, rows);
    }
  }

 private:
  void RunRows(int64_t row, int64_t rows) {
    const bool good = !shape_.MayHaveEmptyWindow() &&  // taps further apart than the plane is large
                      (plan_.rows_first ? ReduceRowsFirst(row, rows) : ReduceWindows(row, rows));
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
  }

  int64_t right() const { return b_.column + b_.columns; }
  float* results() const { return scratch_ + plan_.at.results; }
  int32_t* IndicesOf(float* result) const {
    return reinterpret_cast<int32_t*>(result + plan_.at.indices - plan_.at.results);
  }
  float* outputs() const { return scratch_ + plan_.at.outputs; }
  int32_t* output_indices() const {
    return reinterpret_cast<int32_t*>(scratch_ + plan_.at.output_indices);
  }
  const float* XAt(int64_t row, int64_t column) const {
    return buffers_.x + b_.At(shape_.xs, row, column);
  }

  // Calls reduce(run), which returns whether there was no NaN, for runs of windows that are alike.
  template <class Reduce>
  bool ForRuns(const WindowAxis& axis, int64_t begin, int64_t end, const Reduce& reduce) {
    bool good = true;
    for (int64_t o = begin; o < end;) {
      const WindowRun run = axis.RunFrom(o, end);
      good &= reduce(run);
      o = run.end;
    }
    return good;
  }

  bool ReduceWindows(int64_t row, int64_t rows) {
    const Strides& s = shape_.xs;
    return ForRuns(shape_.h, row, row + rows, [&](const WindowRun& h) {
      const Source x{XAt(h.first.begin, 0), s.h, s.w, 0, 1, 0};
      return ForRuns(shape_.w, b_.column, right(), [&](const WindowRun& w) {
        return Reduce(x, h, w, TargetAt(h.begin, w.begin, row), false);
      });
    });
  }

  bool ReduceRowsFirst(int64_t row, int64_t rows) {
    const WindowAxis::Range seen = shape_.h.Reach(row, row + rows);
    const int64_t kept = KeepResults(seen);
    bool good = true;
    for (int64_t r = seen.begin + kept, count; r < seen.end; r += count) {
      count = std::min(plan_.chunk, seen.end - r);
      good &= ReduceRows(r, count, results() + (r - seen.begin) * pitch_);
    }
    results_ = seen;
    return (plan_.runs_down ? RunDown(row, rows) : ReduceColumns(row, rows)) && good;
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

  // Input rows as they are reduced.
  Source RowsFrom(int64_t row, int64_t count) const {
    const Strides& s = shape_.xs;
    const int64_t width = seen_columns_.end - seen_columns_.begin, first = seen_columns_.begin;
    const float* const x = XAt(row, first);
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
    const Source x = RowsFrom(row, count);
    if (plan_.runs_across) return RunAcross(x, row, count, to);
    const WindowRun rows{row, row + count, 1, {row, 1, 1, 0}};
    return ForRuns(shape_.w, b_.column, right(), [&](const WindowRun& w) {
      const Target target = ResultsAt(to + (w.begin - b_.column) * b_.channels);
      return Reduce(x, rows, w, target, false);
    });
  }

  // `rows` output rows from `first` on, from results_.
  bool ReduceColumns(int64_t first, int64_t rows) {
    return ForRuns(shape_.h, first, first + rows, [&](const WindowRun& h) {
      const Source x{results() + (h.first.begin - results_.begin) * pitch_,
                     pitch_,
                     b_.channels,
                     b_.column,
                     1,
                     0};
      const auto reduce = [&](const WindowRun& w) {
        const int64_t c = w.begin;
        return Reduce(x, h, {c, w.end, 1, {c, 1, 1, 0}}, TargetAt(h.begin, c, first), true);
      };
      if (shape_.SameDivisors(shape_.w)) return reduce({b_.column, right(), 1, {}});
      return ForRuns(shape_.w, b_.column, right(), reduce);
    });
  }

  // Windows that are alike, of rows of which x begins with the first; or of one row or column, as
  // passes have them. `second`: what the first pass gave, indices beside it.
  bool Reduce(const Source& x, const WindowRun& h, const WindowRun& w, const Target& to,
              bool second) {
    const Window &rows = h.first, &columns = w.first;
    WindowArgs args{};
    args.x = x.Pixel(columns.begin);
    if (x.step > 1) {
      for (int64_t t = 0; t < columns.taps; ++t) {
        taps_[t] = x.Pixel(columns.begin + t * shape_.w.dilation);
      }
      args.taps = taps_;
    }
    args.rows = TapsOf(rows, shape_.h, x.row);
    args.columns = TapsOf(columns, shape_.w, x.pixel);
    args.lines = h.size();
    args.outputs = w.size();
    args.items = b_.channels;
    args.x_line = Distance(h.size(), h.step, x.row);
    args.x_step = Distance(w.size(), w.step / x.step, x.pixel);
    args.y = to.y;
    args.y_line = to.row;
    args.y_step = to.column;
    args.pass = {.second = second, .last = second || !plan_.rows_first, .divisor = 0};
    if (shape_.op->average && args.pass.last) {
      args.pass.divisor = shape_.Divisor(rows, shape_.w.At(w.begin));
    }
    args.index = to.index;
    if (second) {  // what is one column is a row for the kernel
      std::swap(args.rows, args.columns);
    } else if (shape_.with_indices) {
      const int64_t width = shape_.w.in;
      args.index.position = static_cast<int32_t>(rows.begin * width + columns.begin);
      args.index.of_line = Steps(h.size(), h.step, width);
      args.index.of_output = Steps(w.size(), w.step, 1);
      args.index.of_row = Steps(rows.taps, shape_.h.dilation, width);
      args.index.of_column = Steps(columns.taps, shape_.w.dilation, 1);
    }
    return shape_.kernels().Of(args)(args);
  }

  bool RunAcross(const Source& x, int64_t row, int64_t count, float* to) const {
    const Target results = ResultsAt(to);
    RunningArgs args = Running(shape_.w, seen_columns_, b_.column, b_.columns);
    args.x = x.x;
    args.lines = count;
    args.x_line = x.row;
    args.x_step = x.pixel;
    args.y = results.y;
    args.y_line = results.row;
    args.y_step = results.column;
    args.index = results.index;
    args.index.position = static_cast<int32_t>(row * shape_.w.in + seen_columns_.begin);
    args.index.of_line = Steps(count, 1, shape_.w.in);
    args.index.of_row = 1;
    return shape_.kernels().across(args);
  }

  // All output rows of a block at once.
  bool RunDown(int64_t row, int64_t rows) const {
    const Target to = TargetAt(row, b_.column, row);
    RunningArgs args = Running(shape_.h, results_, row, rows);
    args.x = results();
    args.lines = b_.columns;
    args.x_line = b_.channels;
    args.x_step = pitch_;
    args.y = to.y;
    args.y_line = to.column;
    args.y_step = to.row;
    args.index = to.index;
    std::swap(args.index.line, args.index.step);
    return shape_.kernels().down(args);
  }

  // Of outputs from `first` on, whose windows see those inputs.
  RunningArgs Running(const WindowAxis& axis, const WindowAxis::Range& seen, int64_t first,
                      int64_t outputs) const {
    RunningArgs args{};
    args.length = axis.kernel;
    args.before = seen.begin - axis.Start(first);
    args.inputs = seen.end - seen.begin;
    args.outputs = outputs;
    args.items = b_.channels;
    args.scratch = scratch_ + plan_.at.suffixes;
    return args;
  }

  // Where results of rows go.
  Target ResultsAt(float* result) const {
    Target to{result, pitch_, b_.channels, {}};
    if (!shape_.with_indices) return to;
    to.index.narrow = IndicesOf(result);
    to.index.line = to.row, to.index.step = to.column;
    return to;
  }

  // Where outputs from that one on go, of rows from `first_row` on.
  Target TargetAt(int64_t row, int64_t column, int64_t first_row) const {
    const int64_t staged = (row - first_row) * pitch_ + (column - b_.column) * b_.channels;
    const Strides &ys = shape_.ys, &is = shape_.is;
    Target to{buffers_.y + b_.At(ys, row, column), ys.h, ys.w, {}};
    if (plan_.stage_y) to = {outputs() + staged, pitch_, b_.channels, {}};
    if (!shape_.with_indices) return to;
    to.index.distance = plan_.at.indices - plan_.at.results;
    if (plan_.stage_y) {
      to.index.narrow = output_indices() + staged;
      to.index.line = to.row, to.index.step = to.column;
    } else {
      to.index.indices = buffers_.indices + b_.At(is, row, column);
      to.index.line = is.h, to.index.step = is.w;
    }
    return to;
  }

  // Staged outputs or indices to where they belong.
  template <class From, class Transpose, class To>
  void CopyOut(const Strides& s, int64_t first, int64_t rows, const From* from, Transpose transpose,
               To* to) const {
    FromPixels(transpose, from, s, rows, b_.columns, b_.channels, to + b_.At(s, first, b_.column));
  }

  const ReductionPlan& plan_;
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

void ReductionPlan::Run(const PoolBuffers& buffers) const {
  PoolBlockCut tasks = cut;
  tasks.rows = shape.h.out;  // a task keeps results from rows to rows
  tasks.rows = ShareOf(shape, shape.h.out, tasks.Tasks(shape));
  const PoolBlocks blocks(shape, tasks);
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Block(*this, buffers, blocks.At(i), buffers.Scratch(slot, bytes)).Run();
  });
}

}  // namespace windrow::internal
