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
// lines of a narrow edge run down the image, so that they fill tiles too. Where padding counts
// (reflected, or zeros under infinite weights), only the interior goes this way.
#include "lib/conv/direct.h"

#include <algorithm>
#include <limits>

#include "lib/base/cache.h"
#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/reference.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A 1x1 convolution of a tensor whose pixels have one pitch is the same for one long row of pixels,
// which cuts into tiles with less rest.
ConvCall Flattened(ConvCall call) {
  if (call.h.kernel != 1 || call.w.kernel != 1 || call.h.stride != 1 || call.w.stride != 1) {
    return call;
  }
  if (call.h.in != call.h.out || call.w.in != call.w.out) return call;  // padded
  const auto all = [&call](const auto& even) {
    return even(call.xs) && even(call.ys) && (call.residual == nullptr || even(call.rs));
  };
  const int64_t row = call.w.out, image = call.h.out * call.w.out;
  if (!all([&](const Strides& s) { return s.h == s.w * row; })) return call;
  call.h.in = call.h.out = 1;
  call.w.in = call.w.out = image;
  if (!all([&](const Strides& s) { return s.n == s.w * image; })) return call;
  call.w.in = call.w.out = image * call.n;
  call.n = 1;
  return call;
}

// A block of kernel rows [begin, end): the part of the reduction whose weights stay in cache.
struct KernelRows {
  int64_t begin, end;
};

class Direct {
 public:
  explicit Direct(const ConvCall& call) : call_(Flattened(call)), op_(*call.op) {
    row_floats_ = op_.group_in() * call_.w.kernel;
    merged_ = call_.w.dilation == 1 && call_.xs.w == op_.group_in();
    kernel_rows_ = KernelRowsPerBlock();
  }

  void Run() const {
    const Tasks tasks = Partition();
    const int64_t panels = call_.weights->panels(), bands = tasks.bands;
    const auto task = [&](int64_t i) {
      const int64_t outer = tasks.bands_outside ? i / panels : i % (bands * call_.n);
      const int64_t panel = tasks.bands_outside ? i % panels : i / (bands * call_.n);
      const int64_t n = outer / bands, band = outer % bands;
      const int64_t begin = band * tasks.length / bands, end = (band + 1) * tasks.length / bands;
      const OutputBlock block = tasks.by_rows ? OutputBlock{n, 0, 0, begin, end, 0, call_.w.out}
                                              : OutputBlock{n, 0, 0, 0, call_.h.out, begin, end};
      RunBlock(call_.weights->panel(panel), block);
    };
    const int64_t count = panels * call_.n * bands;
    if (tasks.parallel) {
      ParallelFor(count, task);
    } else {
      for (int64_t i = 0; i < count; ++i) task(i);
    }
  }

 private:
  // A task is one panel of output channels for one band of one image's rows (or columns).
  struct Tasks {
    bool parallel, by_rows;
    int64_t length, bands;
    bool bands_outside;  // all panels of a band, then the next band
  };

  Tasks Partition() const {
    // Enough tasks that a thread which was held up can be helped out.
    constexpr int64_t kTasksPerThread = 4;
    constexpr int64_t kFloat = sizeof(float);
    const int64_t panels = call_.weights->panels(), work = call_.multiply_adds();
    Tasks t{};
    t.parallel = work >= kMinParallelWork && MaxThreads() > 1;
    t.by_rows = call_.h.out >= std::min<int64_t>(call_.w.out, 16);
    t.length = t.by_rows ? call_.h.out : call_.w.out;
    // If all weights fit half the L2 cache, a band of input that fits a quarter meets them there.
    const int64_t weights = op_.out_channels * row_floats_ * call_.h.kernel * kFloat;
    t.bands_outside = weights <= Caches().l2 / 2;
    int64_t bands = 1;
    if (t.bands_outside && panels > 1) {
      bands = CeilDiv(call_.h.in * call_.w.in * op_.in_channels * kFloat, Caches().l2 / 4);
    }
    if (t.parallel) {
      const int64_t others = panels * call_.n;
      const int64_t wanted = CeilDiv(MaxThreads() * kTasksPerThread, others);
      bands = std::max(bands, std::min(wanted, work / (kMinParallelWork / 2) / others));
    }
    t.bands = std::clamp<int64_t>(bands, 1, t.length);
    return t;
  }

  // All, unless the weights of the widest panel would crowd everything else out of the L2 cache,
  // and sums can wait in y (if y is also the residual, they cannot).
  int64_t KernelRowsPerBlock() const {
    const int64_t row_bytes =
        row_floats_ * op_.lanes * op_.tiles->max_vecs * static_cast<int64_t>(sizeof(float));
    const bool resumable = call_.residual == nullptr || call_.residual != call_.y;
    if (!resumable || call_.h.out * call_.w.out < 2 * kMaxTileRows) return call_.h.kernel;
    return std::clamp<int64_t>(Caches().l2 / 2 / row_bytes, 1, call_.h.kernel);
  }

  void RunBlock(const Panel& panel, const OutputBlock& block) const {
    for (int64_t kh = 0; kh < call_.h.kernel; kh += kernel_rows_) {
      const KernelRows taps{kh, std::min(kh + kernel_rows_, call_.h.kernel)};
      for (int64_t oh = block.row_begin; oh < block.row_end;) {
        const Segment rows = call_.h.SegmentFrom(oh, block.row_end);
        for (int64_t ow = block.column_begin; ow < block.column_end;) {
          const Segment columns = call_.w.SegmentFrom(ow, block.column_end);
          RunRectangle(panel, block.n, rows, columns, taps);
          ow = columns.end;
        }
        oh = rows.end;
      }
    }
  }

  void RunRectangle(const Panel& panel, int64_t n, Segment rows, Segment columns,
                    KernelRows taps) const {
    const bool whole = rows.tap_end - rows.tap_begin == call_.h.kernel &&
                       columns.tap_end - columns.tap_begin == call_.w.kernel;
    if (!whole && !call_.may_skip_padding()) {
      if (taps.begin > 0) return;  // done with the first block
      ReferenceBlock(call_, {n, panel.out_channel, panel.out_channel + panel.out_channels,
                             rows.begin, rows.end, columns.begin, columns.end});
      return;
    }
    // The part of the rectangle's taps that is in this block. One block is the first and one the
    // last of every rectangle, of one without taps too.
    const int64_t tap_begin = std::max(rows.tap_begin, taps.begin);
    const int64_t tap_end = std::max(std::min(rows.tap_end, taps.end), tap_begin);
    const bool none = rows.tap_begin == rows.tap_end;
    if (tap_begin == tap_end && !(none && taps.begin == 0)) return;
    const bool first = tap_begin == rows.tap_begin, last = none || tap_end == rows.tap_end;

    const TileCut across = CutLine(*op_.tiles, panel.vecs, columns.size());
    const TileCut along = CutLine(*op_.tiles, panel.vecs, rows.size());
    const bool down = along.cycles * static_cast<double>(columns.size()) <
                      across.cycles * static_cast<double>(rows.size());
    const TileCut cut = down ? along : across;
    for (int vec = 0; vec < panel.vecs; vec += cut.vecs) {
      TileArgs args = MakeArgs(panel, vec, cut.vecs, columns, tap_begin, tap_end, down);
      args.first = first;
      args.last = last;
      const Corner corner{n, panel.in_channel, panel.out_channel + vec * op_.lanes, tap_begin,
                          columns.tap_begin};
      RunLines(args, corner, rows, columns, cut, down);
    }
  }

  // What locates the tiles of a rectangle besides their pixel.
  struct Corner {
    int64_t n, in_channel, out_channel, kh, kw;
  };

  void RunLines(TileArgs& args, const Corner& corner, Segment rows, Segment columns, TileCut cut,
                bool down) const {
    const Segment& lines = down ? columns : rows;
    const Segment& along = down ? rows : columns;
    const EvenSplit tiles(along.size(), cut.max_rows);
    for (int64_t line = lines.begin; line < lines.end; ++line) {
      for (int64_t i = 0; i < tiles.parts; ++i) {
        const int64_t begin = along.begin + tiles.Begin(i), end = along.begin + tiles.Begin(i + 1);
        Locate(args, corner, down ? begin : line, down ? line : begin);
        op_.tiles->tile[cut.vecs][end - begin](args);
      }
    }
  }

  // All of the arguments that the tiles of a rectangle share, for `vecs` vectors of the panel.
  TileArgs MakeArgs(const Panel& panel, int vec, int vecs, Segment columns, int64_t tap_begin,
                    int64_t tap_end, bool down) const {
    const int64_t width = panel.vecs * op_.lanes, channels = op_.group_in();
    const int64_t run_taps = columns.tap_end - columns.tap_begin;
    TileArgs args{};
    args.a_row = down ? call_.h.stride * call_.xs.h : call_.w.stride * call_.xs.w;
    args.a_outer = call_.h.dilation * call_.xs.h;
    args.a_inner = call_.w.dilation * call_.xs.w;
    args.b = panel.weights + (tap_begin * row_floats_ + columns.tap_begin * channels) * width +
             vec * op_.lanes;
    args.b_outer = row_floats_ * width;
    args.b_inner = channels * width;
    args.b_k = width;
    args.outer = tap_end - tap_begin;
    args.inner = merged_ ? 1 : run_taps;
    args.len = merged_ ? run_taps * channels : channels;
    args.bias = panel.bias + vec * op_.lanes;
    args.y_row = down ? call_.ys.h : call_.ys.w;
    args.residual_row = down ? call_.rs.h : call_.rs.w;
    args.clamp_min = op_.epilogue.clamp_min;
    args.clamp_max = op_.epilogue.clamp_max;
    args.clamp = args.clamp_min != -kInfinity || args.clamp_max != kInfinity;
    args.tail = vec + vecs == panel.vecs ? panel.tail : op_.lanes;
    return args;
  }

  // Points the arguments at the tile whose first pixel is (oh, ow).
  void Locate(TileArgs& args, const Corner& c, int64_t oh, int64_t ow) const {
    if (args.outer * args.inner * args.len != 0) {  // else there may be no such input
      args.a = call_.x + c.n * call_.xs.n + c.in_channel + call_.h.Position(oh, c.kh) * call_.xs.h +
               call_.w.Position(ow, c.kw) * call_.xs.w;
    }
    args.y = call_.y + c.n * call_.ys.n + oh * call_.ys.h + ow * call_.ys.w + c.out_channel;
    if (call_.residual != nullptr) {
      args.residual =
          call_.residual + c.n * call_.rs.n + oh * call_.rs.h + ow * call_.rs.w + c.out_channel;
    }
  }

  const ConvCall call_;
  const ConvOp& op_;
  int64_t row_floats_;   // of one output channel and one kernel row
  bool merged_;          // the taps of a kernel row are one run
  int64_t kernel_rows_;  // a block
};

}  // namespace

const char* RefuseDirect(const ConvCall& call) {
  const bool one_in = call.op->in_channels == 1, one_out = call.op->out_channels == 1;
  if (!one_in && call.xs.c != 1) return "the channels of x are not contiguous (x is not nhwc)";
  if (!one_out && call.ys.c != 1) return "the channels of y are not contiguous (y is not nhwc)";
  if (call.residual != nullptr && !one_out && call.rs.c != 1) {
    return "the channels of the residual are not contiguous (it is not nhwc)";
  }
  return nullptr;
}

void RunDirect(const ConvCall& call) { Direct(call).Run(); }

std::string DescribeDirect(const ConvCall& call) {
  const int vecs = call.weights->panel(0).vecs;
  return StrCat(call.op->tiles->max_rows[vecs], " rows x ", vecs, " vectors of ", call.op->lanes,
                call.op->lanes == 1 ? " lane" : " lanes");
}

}  // namespace windrow::internal
