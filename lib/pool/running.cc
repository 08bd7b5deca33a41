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
#include "lib/pool/running.h"

#include <algorithm>
#include <limits>

#include "lib/base/cache.h"
#include "lib/base/parallel.h"
#include "lib/pool/blocks.h"
#include "lib/pool/cost.h"
#include "lib/pool/scratch.h"
#include "lib/simd/pool_kernels.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);

bool ArePixels(const PoolCall& call, const Strides& s) { return call.c == 1 || s.c == 1; }
bool ArePlanes(const Strides& s, int64_t width) { return width == 1 || s.w == 1; }

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

// The blocks, and where each part of a thread's scratch memory lies, in floats.
struct Plan {
  const PoolCall& call;
  bool from_planes, to_planes, indices_to_planes;
  int64_t unit;           // channels of a chunk
  int64_t rows, columns;  // outputs of a block
  bool uniform;           // all sums are divided by the same
  int64_t pixels, results, apart, apart_indices, suffixes, divisors, total;
  int64_t index_distance;  // from results to their indices

  explicit Plan(const PoolCall& c) : call(c) {
    const int64_t lanes = c.op->lanes;
    from_planes = !ArePixels(c, c.xs);
    to_planes = !ArePixels(c, c.ys);
    indices_to_planes = c.with_indices && !ArePixels(c, c.is);
    uniform = c.SameDivisors(c.h) && c.SameDivisors(c.w);
    // A vector would do, but several cache lines of a pixel arrive faster than one. Of planes,
    // whose blocks have more parts, less is better.
    const bool planes = from_planes || to_planes || indices_to_planes;
    unit = std::min(c.c, (planes ? 1 : 4) * lanes);
    rows = c.h.out, columns = c.w.out;
    Place();
    // Of long windows a small block would see most of its inputs again beside itself.
    const bool all = planes || std::max(c.h.kernel, c.w.kernel) > 32;
    const int64_t most = Caches().l2 / (all ? 1 : 2) / kFloat;
    while (total > most && Cut(kAny)) continue;
    if (c.threads > 1) CutForThreads();
  }

  int64_t chunks() const { return CeilDiv(call.c, unit); }

 private:
  static constexpr double kAny = std::numeric_limits<double>::infinity();

  // Halves what adds the least work, unless that is more than `most` of all work. False if there is
  // nothing.
  bool Cut(double most) {
    const double by_rows = rows > 1 ? MoreSeen(call.h, rows) : kAny;
    // What a row's results have in common is loaded again, but not reduced.
    const bool loads = !call.op->average || from_planes;
    const double by_columns = columns > 1 ? 4.0 / static_cast<double>(columns) +
                                                (loads ? 0.3 : 0) * MoreSeen(call.w, columns)
                                          : kAny;
    const double by_unit = unit > call.op->lanes ? 0.5 : kAny;
    const double least = std::min({by_rows, by_columns, by_unit});
    if (least > most || least == kAny) return false;
    if (least == by_unit) {
      unit = RoundUp(CeilDiv(unit, 2), call.op->lanes);
    } else {
      int64_t& extent = least == by_columns ? columns : rows;
      extent = CeilDiv(extent, 2);
    }
    Place();
    return true;
  }

  // As many tasks as are wanted, if that adds little work; in any case one for each thread. Smaller
  // blocks take no more memory.
  void CutForThreads() {
    const auto tasks = [this] {
      return SaturatedProduct(
          {call.n, chunks(), CeilDiv(call.h.out, rows), CeilDiv(call.w.out, columns)});
    };
    // Channels have nothing in common.
    unit = std::min(unit, RoundUp(ShareOf(call, call.c, call.n), call.op->lanes));
    while (tasks() < WantedTasks(call) && Cut(0.25)) continue;
    while (tasks() < call.threads && Cut(kAny)) continue;
    Place();
  }

  void Place() {
    Scratch scratch;
    const auto place = [&scratch](int64_t floats) { return scratch.Place(floats); };
    const WindowAxis &h = call.h, &w = call.w;
    const int64_t seen = Seen(h, rows), outputs = SaturatedProduct({rows, columns, unit});
    pixels = place(from_planes ? SaturatedProduct({seen, Seen(w, columns), unit}) : 0);
    results = place(SaturatedProduct({seen, columns, unit}));
    index_distance = scratch.floats() - results;
    if (call.with_indices) place(index_distance);
    // The pixels of planes have been read by then.
    apart = from_planes && to_planes && seen >= rows && Seen(w, columns) >= columns
                ? pixels
                : place(to_planes ? outputs : 0);
    apart_indices = place(indices_to_planes ? outputs : 0);
    const int64_t longest = std::max(SuffixFloats(h.kernel, h.in, call.op->lanes),
                                     SuffixFloats(w.kernel, w.in, call.op->lanes));
    suffixes = place(call.op->average ? 0 : longest);
    divisors = place(uniform ? 0 : SaturatedProduct({rows, columns}));
    total = scratch.floats();
  }
};

// Blocks of one image after the other, on one thread.
class Blocks {
 public:
  Blocks(const Plan& plan, float* scratch)
      : plan_(plan), call_(plan.call), k_(*call_.op->kernels), scratch_(scratch) {}

  void Run(const PoolBlock& b) const {
    const WindowAxis &h = call_.h, &w = call_.w;
    const WindowAxis::Range rows = h.Reach(b.row, b.row + b.rows);
    const WindowAxis::Range columns = w.Reach(b.column, b.column + b.columns);
    WindowArgs args{};
    args.items = b.channels;
    args.one = 1;
    args.scratch = scratch_ + plan_.suffixes;
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
    const WindowAxis& w = call_.w;
    const Strides& xs = call_.xs;
    const float* x = call_.x + At(xs, b, rows.begin, columns.begin);
    args.rows = rows.end - rows.begin;
    args.inputs = columns.end - columns.begin;
    args.x_row = xs.h;
    args.x_step = xs.w;
    if (plan_.from_planes) {
      args.x_step = b.channels;
      args.x_row = args.inputs * b.channels;
      FromPlanes(x, args.rows, args.inputs, b.channels);
      x = scratch_ + plan_.pixels;
    }
    args.taps = &x;
    args.columns = w.kernel;
    args.before = columns.begin - w.Start(b.column);
    args.outputs = b.columns;
    args.y = scratch_ + plan_.results;
    args.y_step = b.channels;
    args.y_row = b.columns * b.channels;
    if (call_.op->average) return k_.sum_running(args);
    if (!call_.with_indices) return k_.max_running.across(args);
    args.index = Integers(plan_.results + plan_.index_distance);
    args.indices_step = args.y_step;
    args.indices_row = args.y_row;
    args.position = static_cast<int32_t>(rows.begin * w.in + columns.begin);
    args.position_row = static_cast<int32_t>(w.in);
    args.position_step = 1;
    k_.max_indices_running.across(args);
  }

  void Down(const PoolBlock& b, const WindowAxis::Range& rows, WindowArgs args) const {
    const float* const results = scratch_ + plan_.results;
    const int64_t pitch = b.columns * b.channels;
    args.taps = &results;
    args.index_distance = plan_.index_distance;
    args.rows = b.columns;
    args.x_row = b.channels;
    args.inputs = rows.end - rows.begin;
    args.x_step = pitch;
    args.columns = call_.h.kernel;
    args.before = rows.begin - call_.h.Start(b.row);
    args.outputs = b.rows;
    args.y = call_.y + At(call_.ys, b, b.row, b.column);
    args.y_step = call_.ys.h;
    args.y_row = call_.ys.w;
    if (plan_.to_planes) {
      args.y = scratch_ + plan_.apart;
      args.y_step = pitch;
      args.y_row = b.channels;
    }
    if (plan_.indices_to_planes) {
      args.index = Integers(plan_.apart_indices);
      args.indices_step = pitch;
      args.indices_row = b.channels;
    } else if (call_.with_indices) {
      args.indices = call_.indices + At(call_.is, b, b.row, b.column);
      args.indices_step = call_.is.h;
      args.indices_row = call_.is.w;
    }
    if (call_.op->average) {
      args.divisor = call_.Divisor(call_.h.At(0), call_.w.At(0));
      if (!plan_.uniform) args.divisors = Divisors(b);
      k_.sum_running(args);
    } else {
      (call_.with_indices ? k_.max_indices_running : k_.max_running).down(args);
    }
    if (plan_.indices_to_planes) {
      ToPlanes(b, call_.is, [&](int64_t pixel, int64_t count, int64_t at) {
        k_.transpose_indices(args.index + pixel * b.channels, b.channels, count, b.channels,
                             call_.indices + at, call_.is.c);
      });
    }
    if (!plan_.to_planes) return;
    ToPlanes(b, call_.ys, [&](int64_t pixel, int64_t count, int64_t at) {
      k_.transpose(args.y + pixel * b.channels, b.channels, count, b.channels, call_.y + at,
                   call_.ys.c);
    });
  }

  // One for each output.
  const float* Divisors(const PoolBlock& b) const {
    float* to = scratch_ + plan_.divisors;
    for (int64_t r = b.row; r < b.row + b.rows; ++r) {
      const Window rows = call_.h.At(r);
      for (int64_t c = b.column; c < b.column + b.columns; ++c) {
        *to++ = call_.Divisor(rows, call_.w.At(c));
      }
    }
    return scratch_ + plan_.divisors;
  }

  // Rows of planes to pixels; all as one where they follow each other.
  void FromPlanes(const float* x, int64_t rows, int64_t columns, int64_t channels) const {
    float* to = scratch_ + plan_.pixels;
    const Strides& xs = call_.xs;
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

  const Plan& plan_;
  const PoolCall& call_;
  const PoolKernels& k_;
  float* const scratch_;
};

}  // namespace

const char* RefuseRunning(const PoolCall& call) {
  const auto one = [](const WindowAxis& a) {
    return !a.adaptive && a.dilation == 1 && (a.stride == 1 || a.out == 1);
  };
  if (!one(call.h) || !one(call.w)) return "windows are not a pixel apart";
  const auto fits = [&](const Strides& s, int64_t width) {
    return ArePixels(call, s) || ArePlanes(s, width);
  };
  if (!fits(call.xs, call.w.in) || !fits(call.ys, call.w.out) ||
      (call.with_indices && !fits(call.is, call.w.out))) {
    return "neither pixels nor planes";
  }
  return call.with_indices ? RefuseLargePlanes(call) : nullptr;
}

void RunRunning(const PoolCall& call) {
  const Plan plan(call);
  const PoolBlocks blocks(call, RoundUp(plan.unit, call.op->lanes), plan.rows, plan.columns);
  RunTasks(call.threads, blocks.count(), [&](int64_t i, int64_t slot) {
    Blocks(plan, call.workspace + slot * plan.total).Run(blocks.At(i));
  });
}

int64_t RunningScratch(const PoolCall& call) { return Plan(call).total; }

double EstimateRunning(const PoolCall& call) {
  const Plan plan(call);
  const auto number = [](int64_t n) { return static_cast<double>(n); };
  const double lanes = number(call.op->lanes);
  const double vectors = number(plan.chunks() * CeilDiv(plan.unit, call.op->lanes));
  const double down = number(CeilDiv(call.h.out, plan.rows));  // blocks
  const double across = number(CeilDiv(call.w.out, plan.columns));
  const double rows = down * number(Seen(call.h, plan.rows));
  const double columns = across * number(plan.columns);
  const double outputs = number(call.h.out) * columns;
  // Of maxima three joins a vector, two loads and two stores; of sums a division, down; and what a
  // line costs besides.
  const auto pass = [&](const WindowAxis& axis, bool last) {
    if (call.op->average) return (last ? 8.5 : 4.5) + 0.2 * number(axis.kernel);
    return (call.with_indices ? 12 : 5.7) + 8 / number(axis.kernel);
  };
  const double line = 10;
  // Less than four channels are transposed float by float.
  const double pixel = call.c < 4 ? number(call.c) * 2 : number(call.c) / lanes * kTransposeCycles;
  const double copies =
      (plan.from_planes ? 1 : 0) + (plan.to_planes ? 1 : 0) + (plan.indices_to_planes ? 2.5 : 0);
  // Of maxima one more join for what a line sees beyond its outputs.
  const auto beyond = [&](const WindowAxis& axis, int64_t n) {
    const double join = call.op->average ? 0 : call.with_indices ? 3 : 1.5;
    return join * number(std::max<int64_t>(Seen(axis, n) - n, 0));
  };
  const double passes =
      rows * (pass(call.w, false) * columns + across * beyond(call.w, plan.columns)) +
      columns * (pass(call.h, true) * number(call.h.out) + down * beyond(call.h, plan.rows));
  // Pixels wait for memory; planes have done so when they are transposed, and then for the caches:
  // a vector of them takes a lot, and "rows" needs but one.
  const int64_t bytes = plan.total * kFloat;
  const double caches = bytes > Caches().l2 / 2 ? 3.4 : bytes > 2 * Caches().l1d ? 2 : 1.2;
  const double waits = plan.from_planes ? caches : 1.3;
  return number(call.n) * (vectors * (waits * passes + line * (rows + columns)) +
                           1.4 * copies * pixel * outputs + 4 * kCallCycles);
}

}  // namespace windrow::internal
