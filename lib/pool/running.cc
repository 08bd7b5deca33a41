// Pooling with windows a pixel apart. Their maxima are running ones (running_maxima-inl.h), whose
// cost does not depend on the windows' size; each load of their sums (running_sums-inl.h) serves
// four of them.
//
//   for each chunk of channels of an image and block of its outputs (the parallel tasks):
//     planes only: the pixels that it sees, from planes
//     across: the results of each of its input rows; of maxima, with their positions
//     down: those of each column of these, to y and the indices; for planes, to scratch memory,
//     and from there back to planes
//
// Across first, then down, is the canonical order of sums, and finds the first of equal maxima.
#include <algorithm>
#include <limits>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/scratch.h"
#include "lib/pool/strategies.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

int64_t Seen(const WindowAxis& axis, int64_t outputs) {
  return std::min(axis.in, outputs + axis.kernel - 1);
}

// How much more is seen by blocks of half as many outputs, relative to what is now.
double MoreSeen(const WindowAxis& axis, int64_t outputs) {
  const auto each = [&](int64_t n) {
    return static_cast<double>(Seen(axis, n)) / static_cast<double>(n);
  };
  return each(CeilDiv(outputs, 2)) / each(outputs) - 1;
}

// Where each part of a thread's scratch memory lies, in floats.
struct Places {
  int64_t pixels, results, apart, apart_indices, suffixes, divisors, total;
  int64_t index_distance;  // from results to their indices
};

struct RunningPlan {
  PoolShape shape;
  double cycles;
  bool from_planes, to_planes, indices_to_planes;
  bool uniform;           // all sums are divided by the same
  int64_t unit;           // channels of a chunk
  int64_t rows, columns;  // outputs of a block
  Places at;

  explicit RunningPlan(const PoolShape& s);
  int64_t chunks() const { return CeilDiv(shape.c, unit); }
  int64_t ScratchBytes() const { return FloatBytes(at.total); }
  std::string Describe() const {
    return StrCat(DescribeBlock(rows, columns, unit), from_planes ? ", x turned into pixels" : "");
  }
  void Run(const PoolBuffers& buffers) const;

 private:
  static constexpr double kAny = std::numeric_limits<double>::infinity();
  bool Cut(double max);
  void CutForThreads();
  void Place();
  double Estimate() const;
};

RunningPlan::RunningPlan(const PoolShape& s)
    : shape(s),
      from_planes(!s.ArePixels(s.xs)),
      to_planes(!s.ArePixels(s.ys)),
      indices_to_planes(s.with_indices && !s.ArePixels(s.is)),
      uniform(s.SameDivisors(s.h) && s.SameDivisors(s.w)),
      rows(s.h.out),
      columns(s.w.out) {
  // A vector would do, but several cache lines of a pixel arrive faster than one. Of planes, whose
  // blocks have more parts, less is better.
  const bool planes = from_planes || to_planes || indices_to_planes;
  unit = std::min(s.c, (planes ? 1 : 4) * int64_t{s.op->lanes});
  Place();
  // Of long windows a small block would see most of its inputs again beside itself.
  const bool all = planes || std::max(s.h.kernel, s.w.kernel) > 32;
  while (ScratchBytes() > shape.op->machine->l2 / (all ? 1 : 2) && Cut(kAny)) continue;
  cycles = Estimate();
  if (s.threads > 1) CutForThreads();
}

// Halves what adds the least work, unless that is more than `max` of all work. False if there is
// nothing.
bool RunningPlan::Cut(double max) {
  const double by_rows = rows > 1 ? MoreSeen(shape.h, rows) : kAny;
  // What a row's results have in common is loaded again, but not reduced.
  const bool loads = !shape.op->average || from_planes;
  const double by_columns = columns > 1 ? 4.0 / static_cast<double>(columns) +
                                              (loads ? 0.3 : 0) * MoreSeen(shape.w, columns)
                                        : kAny;
  const double by_unit = unit > shape.op->lanes ? 0.5 : kAny;
  const double least = std::min({by_rows, by_columns, by_unit});
  if (least > max || least == kAny) return false;
  if (least == by_unit) {
    unit = RoundUp(CeilDiv(unit, 2), shape.op->lanes);
  } else {
    int64_t& extent = least == by_columns ? columns : rows;
    extent = CeilDiv(extent, 2);
  }
  Place();
  return true;
}

// As many tasks as are wanted, if that adds little work; in any case one for each thread. Smaller
// blocks take no more memory.
void RunningPlan::CutForThreads() {
  const auto tasks = [this] {
    return SaturatedProduct(
        {shape.n, chunks(), CeilDiv(shape.h.out, rows), CeilDiv(shape.w.out, columns)});
  };
  // Channels have nothing in common.
  unit = std::min(unit, RoundUp(ShareOf(shape, shape.c, shape.n), shape.op->lanes));
  while (tasks() < WantedTasks(shape) && Cut(0.25)) continue;
  while (tasks() < shape.threads && Cut(kAny)) continue;
  Place();
}

void RunningPlan::Place() {
  Scratch scratch;
  const auto place = [&scratch](int64_t floats) { return scratch.Place(floats); };
  const WindowAxis &h = shape.h, &w = shape.w;
  const int64_t seen = Seen(h, rows), outputs = SaturatedProduct({rows, columns, unit});
  at.pixels = place(from_planes ? SaturatedProduct({seen, Seen(w, columns), unit}) : 0);
  at.results = place(SaturatedProduct({seen, columns, unit}));
  at.index_distance = scratch.floats() - at.results;
  if (shape.with_indices) place(at.index_distance);
  // The pixels of planes have been read by then.
  at.apart = from_planes && to_planes && seen >= rows && Seen(w, columns) >= columns
                 ? at.pixels
                 : place(to_planes ? outputs : 0);
  at.apart_indices = place(indices_to_planes ? outputs : 0);
  const int64_t longest = std::max(SuffixFloats(h.kernel, h.in, shape.op->lanes),
                                   SuffixFloats(w.kernel, w.in, shape.op->lanes));
  at.suffixes = place(shape.op->average ? 0 : longest);
  at.divisors = place(uniform ? 0 : SaturatedProduct({rows, columns}));
  at.total = scratch.floats();
}

// Blocks of one image after the other, on one thread.
class Blocks {
 public:
  Blocks(const RunningPlan& plan, const PoolBuffers& buffers, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        buffers_(buffers),
        k_(*shape_.op->kernels),
        scratch_(scratch) {}

  void Run(const PoolBlock& b) const {
    const WindowAxis &h = shape_.h, &w = shape_.w;
    const WindowAxis::Range rows = h.Reach(b.row, b.row + b.rows);
    const WindowAxis::Range columns = w.Reach(b.column, b.column + b.columns);
    WindowArgs args{};
    args.items = b.channels;
    args.one = 1;
    args.scratch = scratch_ + plan_.at.suffixes;
    Across(b, rows, columns, args);
    Down(b, rows, args);
  }

 private:
  static int64_t At(const Strides& s, const PoolBlock& b, int64_t row, int64_t column) {
    return b.n * s.n + b.channel * s.c + row * s.h + column * s.w;
  }
  int32_t* Integers(int64_t place) const { return reinterpret_cast<int32_t*>(scratch_ + place); }

  void Across(const PoolBlock& b, const WindowAxis::Range& rows, const WindowAxis::Range& columns,
              WindowArgs args) const {
    const WindowAxis& w = shape_.w;
    const Strides& xs = shape_.xs;
    const float* x = buffers_.x + At(xs, b, rows.begin, columns.begin);
    args.rows = rows.end - rows.begin;
    args.inputs = columns.end - columns.begin;
    args.x_row = xs.h;
    args.x_step = xs.w;
    if (plan_.from_planes) {
      args.x_step = b.channels;
      args.x_row = args.inputs * b.channels;
      FromPlanes(x, args.rows, args.inputs, b.channels);
      x = scratch_ + plan_.at.pixels;
    }
    args.taps = &x;
    args.columns = w.kernel;
    args.before = columns.begin - w.Start(b.column);
    args.outputs = b.columns;
    args.y = scratch_ + plan_.at.results;
    args.y_step = b.channels;
    args.y_row = b.columns * b.channels;
    if (shape_.op->average) return k_.sum_running(args);
    if (!shape_.with_indices) return k_.max_running.across(args);
    args.index = Integers(plan_.at.results + plan_.at.index_distance);
    args.indices_step = args.y_step;
    args.indices_row = args.y_row;
    args.position = static_cast<int32_t>(rows.begin * w.in + columns.begin);
    args.position_row = static_cast<int32_t>(w.in);
    args.position_step = 1;
    k_.max_indices_running.across(args);
  }

  void Down(const PoolBlock& b, const WindowAxis::Range& rows, WindowArgs args) const {
    const float* const results = scratch_ + plan_.at.results;
    const int64_t pitch = b.columns * b.channels;
    args.taps = &results;
    args.index_distance = plan_.at.index_distance;
    args.rows = b.columns;
    args.x_row = b.channels;
    args.inputs = rows.end - rows.begin;
    args.x_step = pitch;
    args.columns = shape_.h.kernel;
    args.before = rows.begin - shape_.h.Start(b.row);
    args.outputs = b.rows;
    args.y = buffers_.y + At(shape_.ys, b, b.row, b.column);
    args.y_step = shape_.ys.h;
    args.y_row = shape_.ys.w;
    if (plan_.to_planes) {
      args.y = scratch_ + plan_.at.apart;
      args.y_step = pitch;
      args.y_row = b.channels;
    }
    if (plan_.indices_to_planes) {
      args.index = Integers(plan_.at.apart_indices);
      args.indices_step = pitch;
      args.indices_row = b.channels;
    } else if (shape_.with_indices) {
      args.indices = buffers_.indices + At(shape_.is, b, b.row, b.column);
      args.indices_step = shape_.is.h;
      args.indices_row = shape_.is.w;
    }
    if (shape_.op->average) {
      args.divisor = shape_.Divisor(shape_.h.At(0), shape_.w.At(0));
      if (!plan_.uniform) args.divisors = Divisors(b);
      k_.sum_running(args);
    } else {
      (shape_.with_indices ? k_.max_indices_running : k_.max_running).down(args);
    }
    if (plan_.indices_to_planes) {
      ToPlanes(b, shape_.is, [&](int64_t pixel, int64_t count, int64_t at) {
        k_.transpose_indices(args.index + pixel * b.channels, b.channels, count, b.channels,
                             buffers_.indices + at, shape_.is.c);
      });
    }
    if (!plan_.to_planes) return;
    ToPlanes(b, shape_.ys, [&](int64_t pixel, int64_t count, int64_t at) {
      k_.transpose(args.y + pixel * b.channels, b.channels, count, b.channels, buffers_.y + at,
                   shape_.ys.c);
    });
  }

  // One for each output.
  const float* Divisors(const PoolBlock& b) const {
    float* to = scratch_ + plan_.at.divisors;
    for (int64_t r = b.row; r < b.row + b.rows; ++r) {
      const Window rows = shape_.h.At(r);
      for (int64_t c = b.column; c < b.column + b.columns; ++c) {
        *to++ = shape_.Divisor(rows, shape_.w.At(c));
      }
    }
    return scratch_ + plan_.at.divisors;
  }

  // Rows of planes to pixels; all as one where they follow each other.
  void FromPlanes(const float* x, int64_t rows, int64_t columns, int64_t channels) const {
    float* to = scratch_ + plan_.at.pixels;
    const Strides& xs = shape_.xs;
    if (xs.h == columns) columns *= rows, rows = 1;
    for (int64_t r = 0; r < rows; ++r, x += xs.h, to += columns * channels) {
      k_.transpose(x, xs.c, channels, columns, to, channels);
    }
  }

  // Calls write(first pixel, pixels, place) for stretches of a block that are one in planes.
  template <class Write>
  static void ToPlanes(const PoolBlock& b, const Strides& s, const Write& write) {
    const int64_t at = At(s, b, b.row, b.column);
    if (s.h == b.columns) return write(0, b.rows * b.columns, at);
    for (int64_t r = 0; r < b.rows; ++r) write(r * b.columns, b.columns, at + r * s.h);
  }

  const RunningPlan& plan_;
  const PoolShape& shape_;
  const PoolBuffers& buffers_;
  const PoolKernels& k_;
  float* const scratch_;
};

void RunningPlan::Run(const PoolBuffers& buffers) const {
  const PoolBlocks blocks(shape, RoundUp(unit, shape.op->lanes), rows, columns);
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Blocks(*this, buffers, buffers.Scratch(slot, bytes)).Run(blocks.At(i));
  });
}

const char* Refuse(const PoolShape& shape) {
  const auto one = [](const WindowAxis& a) {
    return !a.adaptive && a.dilation == 1 && (a.stride == 1 || a.out == 1);
  };
  if (!one(shape.h) || !one(shape.w)) return "windows are not a pixel apart";
  const auto fits = [&](const Strides& s, int64_t width) {
    return shape.ArePixels(s) || shape.ArePlanes(s, width);
  };
  if (!fits(shape.xs, shape.w.in) || !fits(shape.ys, shape.w.out) ||
      (shape.with_indices && !fits(shape.is, shape.w.out))) {
    return "neither pixels nor planes";
  }
  return shape.with_indices ? RefuseLargePlanes(shape) : nullptr;
}

double RunningPlan::Estimate() const {
  const double lanes = Number(shape.op->lanes);
  const double vectors = Number(chunks() * CeilDiv(unit, shape.op->lanes));
  const double down = Number(CeilDiv(shape.h.out, rows));  // blocks
  const double across = Number(CeilDiv(shape.w.out, columns));
  const double all_rows = down * Number(Seen(shape.h, rows));
  const double all_columns = across * Number(columns);
  const double outputs = Number(shape.h.out) * all_columns;
  // Of maxima three joins a vector, two loads and two stores; of sums a division, down; and what a
  // line costs besides.
  const auto pass = [&](const WindowAxis& axis, bool last) {
    if (shape.op->average) return (last ? 8.5 : 4.5) + 0.2 * Number(axis.kernel);
    return (shape.with_indices ? 12 : 5.7) + 8 / Number(axis.kernel);
  };
  const double line = 10;
  // Less than four channels are transposed float by float.
  const double pixel =
      shape.c < 4 ? Number(shape.c) * 2 : Number(shape.c) / lanes * kTransposeCycles;
  const double copies = (from_planes ? 1 : 0) + (to_planes ? 1 : 0) + (indices_to_planes ? 2.5 : 0);
  // Of maxima one more join for what a line sees beyond its outputs.
  const auto beyond = [&](const WindowAxis& axis, int64_t n) {
    const double join = shape.op->average ? 0 : shape.with_indices ? 3 : 1.5;
    return join * Number(std::max<int64_t>(Seen(axis, n) - n, 0));
  };
  const double passes =
      all_rows * (pass(shape.w, false) * all_columns + across * beyond(shape.w, columns)) +
      all_columns * (pass(shape.h, true) * Number(shape.h.out) + down * beyond(shape.h, rows));
  // Pixels wait for memory; planes have done so when they are transposed, and then for the caches:
  // a vector of them takes a lot, and "rows" needs but one.
  const int64_t bytes = ScratchBytes();
  const double caches = bytes > shape.op->machine->l2 / 2    ? 3.4
                        : bytes > 2 * shape.op->machine->l1d ? 2
                                                             : 1.2;
  const double waits = from_planes ? caches : 1.3;
  return Number(shape.n) * (vectors * (waits * passes + line * (all_rows + all_columns)) +
                            1.4 * copies * pixel * outputs + 4 * kCallCycles);
}

}  // namespace

const char* ConsiderRunning(const PoolShape& shape, PoolPlan& plan) {
  return Offer<RunningPlan>(Refuse(shape), shape, plan);
}

}  // namespace windrow::internal
