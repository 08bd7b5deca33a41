// Direct convolution where channels are contiguous (NHWC): lanes are output channels, the input is
// broadcast. Nothing is copied, padded or gathered.
//
//   for each panel of output channels, image and band of output pixels (the parallel tasks):
//     for each block of kernel rows whose weights fit the cache:
//       for each rectangle of outputs with the same taps inside the input:
//         for each line of the rectangle, cut evenly into tiles:  the tile adds a run of
//           kw * channels inputs for each kh, or of `channels` for each (kh, kw)
//
// Taps on zero padding are left out: a rectangle is the interior, an edge or a corner. The
// lines of a narrow edge run down the image, so that they fill tiles too. Where there are so few
// outputs that most rectangles are one, rectangles are the outputs that see a tap instead, tap by
// tap: each weight is read for more outputs then.
#include "lib/conv/direct_tiles.h"

#include <algorithm>
#include <array>

#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

uintptr_t Address(const float* p) { return reinterpret_cast<uintptr_t>(p); }

// A block of kernel rows [begin, end): the part of the reduction whose weights stay in cache.
struct KernelRows {
  int64_t begin, end;
};

// Outputs of one image.
struct Band {
  int64_t n, row_begin, row_end, column_begin, column_end;
};

// Outputs with the same taps inside the input, and those taps that are in the block.
struct Rectangle {
  int64_t n;
  Segment rows, columns;
  KernelRows taps;
  bool first, last;  // whether this block is the first, the last of the rectangle's reduction

  // The part of the reduction in this block; false if there is nothing to do in it.
  bool Clip(KernelRows block) {
    taps.begin = std::max(rows.tap_begin, block.begin);
    taps.end = std::max(std::min(rows.tap_end, block.end), taps.begin);
    // One block is the first and one the last of every rectangle, of one without taps too.
    const bool none = rows.tap_begin == rows.tap_end;
    first = taps.begin == rows.tap_begin;
    last = none || taps.end == rows.tap_end;
    return taps.begin < taps.end || (none && block.begin == 0);
  }
};

class Task {
 public:
  Task(const TilesPlan& plan, const ConvBuffers& buffers)
      : plan_(plan), call_(plan_.shape), buffers_(buffers), op_(*call_.op) {}

  void Run(int64_t task) {
    // If the weights stay in cache, all panels of a band come first; else all bands of a panel.
    const int64_t panels = plan_.panels, bands = plan_.bands;
    const int64_t panel = plan_.weights_stay ? task % panels : task / (bands * call_.n);
    const int64_t other = plan_.weights_stay ? task / panels : task % (bands * call_.n);
    const int64_t n = other / bands, band = other % bands;
    const int64_t begin = band * plan_.length / bands, end = (band + 1) * plan_.length / bands;
    RunBand(
        call_.weights->panel(plan_.first_panel + panel),
        plan_.by_rows ? Band{n, begin, end, 0, call_.w.out} : Band{n, 0, call_.h.out, begin, end});
  }

 private:
  void RunBand(const Panel& panel, const Band& band) {
    if (plan_.by_taps) return RunTaps(panel, band);
    for (int64_t kh = 0; kh < call_.h.kernel; kh += plan_.kernel_rows) {
      const KernelRows block{kh, std::min(kh + plan_.kernel_rows, call_.h.kernel)};
      for (int64_t oh = band.row_begin; oh < band.row_end;) {
        const Segment rows = call_.h.SegmentFrom(oh, band.row_end);
        for (int64_t ow = band.column_begin; ow < band.column_end;) {
          const Segment columns = call_.w.SegmentFrom(ow, band.column_end);
          Rectangle r{band.n, rows, columns, {}, false, false};
          if (r.Clip(block)) RunRectangle(panel, r);
          ow = columns.end;
        }
        oh = rows.end;
      }
    }
  }

  // Outputs begin and end with no tap at all, since not all of them see the first and the last.
  void RunTaps(const Panel& panel, const Band& band) {
    const Segment rows{band.row_begin, band.row_end, 0, 0};
    const Segment columns{band.column_begin, band.column_end, 0, 0};
    RunRectangle(panel, {band.n, rows, columns, {}, true, false});
    for (int64_t kh = 0; kh < call_.h.kernel; ++kh) {
      for (int64_t kw = 0; kw < call_.w.kernel; ++kw) {
        const Segment r = WithTap(rows, call_.h, kh), c = WithTap(columns, call_.w, kw);
        if (r.size() <= 0 || c.size() <= 0) continue;
        RunRectangle(panel, {band.n, r, c, {kh, kh + 1}, false, false});
      }
    }
    RunRectangle(panel, {band.n, rows, columns, {}, false, true});
  }

  // Those of the outputs that see the tap.
  static Segment WithTap(const Segment& s, const Axis& axis, int64_t tap) {
    const Axis::Outputs outputs = axis.OutputsOf(tap);
    return {std::max(s.begin, outputs.begin), std::min(s.end, outputs.end), tap, tap + 1};
  }

  void RunRectangle(const Panel& panel, const Rectangle& r) {
    // What follows in memory is needed next.
    const bool whole = r.rows.tap_end - r.rows.tap_begin == call_.h.kernel &&
                       r.columns.tap_end - r.columns.tap_begin == call_.w.kernel;
    const bool in_order = whole || (plan_.by_taps && r.taps.begin < r.taps.end);
    const TileCut across = Cut(panel, r.columns.size());
    const TileCut along = Cut(panel, r.rows.size());
    const bool down = along.cycles * static_cast<double>(r.columns.size()) <
                      across.cycles * static_cast<double>(r.rows.size());
    const TileCut cut = down ? along : across;
    TileArgs args = MakeArgs(panel, r, down);
    if (in_order && !plan_.weights_stay) {
      const int64_t cuts = CeilDiv((down ? r.rows : r.columns).size(), cut.max_rows);
      const int64_t tiles = (down ? r.columns : r.rows).size() * cuts * (panel.vecs / cut.vecs);
      PrefetchWeights(panel, tiles, args);
    }
    for (int vec = 0; vec < panel.vecs; vec += cut.vecs) {
      args.tail = vec + cut.vecs == panel.vecs ? panel.tail : op_.lanes;
      RunLines(args, r, panel, vec, cut, down);
      args.b += cut.vecs * op_.lanes;
      args.bias += cut.vecs * op_.lanes;
    }
  }

  // The tiles of all lines, for cut.vecs of the panel's vectors from `vec` on.
  void RunLines(TileArgs& args, const Rectangle& r, const Panel& panel, int vec, TileCut cut,
                bool down) const {
    const int64_t out_channel = panel.out_channel + vec * op_.lanes;
    const int64_t in_channel =
        panel.in_channel / op_.group_in() * call_.x_group + (op_.depthwise() ? vec * op_.lanes : 0);
    const Segment& lines = down ? r.columns : r.rows;
    const Segment& along = down ? r.rows : r.columns;
    const EvenSplit tiles(along.size(), cut.max_rows);
    const auto steps = static_cast<uintptr_t>(args.outer * args.inner * args.len);
    for (int64_t line = lines.begin; line < lines.end; ++line) {
      // The tiles of a line that have one row more, then the others.
      for (int64_t i = 0; i < tiles.parts;) {
        const int64_t next = i < tiles.larger ? tiles.larger : tiles.parts;
        const int64_t begin = along.begin + tiles.Begin(i),
                      rows = tiles.Begin(i + 1) - tiles.Begin(i);
        const int64_t oh = down ? begin : line, ow = down ? line : begin;
        if (steps != 0) {  // else there may be no such input
          args.a = buffers_.x + r.n * call_.xs.n + in_channel +
                   call_.h.Position(oh, r.taps.begin) * call_.xs.h +
                   call_.w.Position(ow, r.columns.tap_begin) * call_.xs.w;
        }
        args.y = buffers_.y + r.n * call_.ys.n + oh * call_.ys.h + ow * call_.ys.w + out_channel;
        if (buffers_.residual != nullptr) {
          args.residual = buffers_.residual + r.n * call_.rs.n + oh * call_.rs.h + ow * call_.rs.w +
                          out_channel;
        }
        if (plan_.pixels_once && plan_.weights_stay) PrefetchPixels(rows, args);
        args.tiles = next - i;
        panel.tiles->tile[cut.vecs][rows](args);
        args.prefetch += args.prefetch_step * steps * static_cast<uintptr_t>(args.tiles);
        i = next;
      }
    }
  }

  // All of the arguments that the tiles of a rectangle share, for the panel's first vector.
  TileArgs MakeArgs(const Panel& panel, const Rectangle& r, bool down) const {
    const int64_t width = panel.vecs * op_.lanes, channels = op_.group_in();
    const int64_t run_taps = r.columns.tap_end - r.columns.tap_begin;
    TileArgs args{};
    op_.SetClamp(args);
    args.a_row = down ? WrappedProduct(call_.h.stride, call_.xs.h)
                      : WrappedProduct(call_.w.stride, call_.xs.w);
    args.a_outer = WrappedProduct(call_.h.dilation, call_.xs.h);
    args.a_inner = WrappedProduct(call_.w.dilation, call_.xs.w);
    args.b =
        panel.weights + (r.taps.begin * plan_.row_weights + r.columns.tap_begin * channels) * width;
    args.b_outer = plan_.row_weights * width;
    args.b_inner = channels * width;
    args.b_k = width;
    args.outer = r.taps.end - r.taps.begin;
    args.inner = plan_.merged ? 1 : run_taps;
    args.len = plan_.merged ? run_taps * channels : channels;
    args.bias = panel.bias;
    args.y_row = down ? call_.ys.h : call_.ys.w;
    args.residual_row = down ? call_.rs.h : call_.rs.w;
    args.first = r.first;
    args.last = r.last;
    args.prefetch = Address(args.b);
    return args;
  }

  // Spreads over the steps of these tiles the weights that follow in memory: those of the next
  // block or panel, which would otherwise come from L3 or DRAM just when they are needed.
  void PrefetchWeights(const Panel& panel, int64_t tiles, TileArgs& args) const {
    constexpr int64_t kFloat = sizeof(float), kLine = 64;
    const int64_t steps = args.outer * args.inner * args.len;
    const int64_t bytes = steps * panel.vecs * op_.lanes * kFloat;
    args.prefetch = Address(args.b) + static_cast<uintptr_t>(bytes);
    args.prefetch_step = static_cast<uintptr_t>(std::min(CeilDiv(bytes, tiles * steps), kLine));
  }

  // The next tile's pixels: as many as this one's, after them.
  void PrefetchPixels(int64_t rows, TileArgs& args) const {
    args.prefetch =
        Address(args.a) + static_cast<uintptr_t>(rows) * static_cast<uintptr_t>(args.a_row) * 4;
    args.prefetch_step = static_cast<uintptr_t>(rows) * sizeof(float);
  }

  // Every panel has the same few lines.
  const TileCut& Cut(const Panel& panel, int64_t length) {
    KnownCut& known = cuts_[static_cast<size_t>(length + panel.vecs) % cuts_.size()];
    if (known.vecs != panel.vecs || known.length != length) {
      known = {panel.vecs, length, CutLine(op_, panel, length, plan_.not_vecs)};
    }
    return known.cut;
  }

  struct KnownCut {
    int vecs = 0;
    int64_t length = 0;
    TileCut cut{};
  };

  const TilesPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  std::array<KnownCut, 16> cuts_{};
};

}  // namespace

void TilesPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  if (shape.threads == 1) {  // one after the other, they have much in common
    Task task(*this, buffers);
    return RunTasks(1, tasks(), [&](int64_t i, int64_t) { task.Run(i); });
  }
  RunTasks(shape.threads, tasks(), [&](int64_t i, int64_t) { Task(*this, buffers).Run(i); });
}

}  // namespace windrow::internal
