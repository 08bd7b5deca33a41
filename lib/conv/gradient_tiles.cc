#include "lib/conv/gradient_tiles.h"

#include <algorithm>

#include "lib/base/cache.h"
#include "lib/base/error.h"
#include "lib/conv/band.h"
#include "lib/conv/cost.h"
#include "lib/conv/gradient_sums.h"
#include "lib/conv/pixel_tile.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr float kOne = 1.0f;

// What a chunk copies of x in one direction, for its outputs from `first` on.
struct ChunkAxis {
  Axis band;  // of the copy: position o * stride + tap * dilation for output first + o
  BandRuns runs;
  int64_t length;

  ChunkAxis(const Axis& axis, int64_t first, int64_t outputs) {
    const BandAxis b(axis, outputs);
    band = axis;
    band.stride = b.stride;
    band.dilation = b.dilation;
    band.before = 0;
    runs = b.by_taps ? TapRuns(axis, first, outputs, {0, axis.kernel}, outputs)
                     : DenseRun(axis.Position(first, 0), b.length);
    length = b.length;
  }
};

// Where the operand of a chunk lies: element (n, o) of it, counted from the chunk's first output.
struct Operand {
  const float* data;
  ptrdiff_t image, row, column;
};

class Task {
 public:
  Task(const GradientTilesPlan& plan, const GradientBuffers& buffers, int64_t index, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        op_(*shape_.op),
        buffers_(buffers),
        group_(index / plan.tap_parts / plan.panels),
        sums_(scratch),
        band_(scratch + plan.sum_floats),
        dy_(band_ + plan.band_floats) {
    const EvenSplit vectors(CeilDiv(op_.group_out(), op_.lanes), plan.vecs);
    const int64_t part = index / plan.tap_parts % plan.panels, taps = index % plan.tap_parts;
    vecs_ = vectors.Begin(part + 1) - vectors.Begin(part);
    first_out_ = vectors.Begin(part) * op_.lanes;
    outs_ = std::min(width(), op_.group_out() - first_out_);
    tap_begin_ = taps * plan.taps() / plan.tap_parts;
    tap_end_ = (taps + 1) * plan.taps() / plan.tap_parts;
  }

  void Run() {
    const Chunks chunks(shape_);
    if (plan_.stage_dy && outs_ < width()) std::fill_n(dy_, chunks.max_pixels() * width(), 0.0f);
    for (int64_t i = 0; i < chunks.count(); ++i) {
      chunk_ = chunks.at(i);
      first_chunk_ = i == 0;
      RunChunk();
    }
    const GradientSums sums{.op = op_,
                            .sums = sums_,
                            .width = width(),
                            .taps = plan_.taps(),
                            .tap_begin = tap_begin_,
                            .tap_end = tap_end_,
                            .out_channel = group_ * op_.group_out() + first_out_,
                            .out_channels = outs_};
    sums.StoreWeights(buffers_.dw, buffers_.accumulate);
    if (HasBias()) sums.StoreBias(bias_sums(), buffers_.db, buffers_.accumulate);
  }

 private:
  int64_t width() const { return vecs_ * op_.lanes; }
  bool HasBias() const { return buffers_.db != nullptr && tap_begin_ == 0; }
  float* bias_sums() const { return sums_ + (tap_end_ - tap_begin_) * op_.group_in() * width(); }

  void RunChunk() {
    const Operand dy = PlaceOutputs();
    if (HasBias()) RunBias(dy);
    if (!plan_.stage_x) {
      const int64_t n = chunk_.n.begin, oh = chunk_.h.begin, ow = chunk_.w.begin;
      const Strides& s = shape_.xs;
      const Operand x{buffers_.x + n * s.n + group_ * op_.group_in() * s.c, s.n, s.h, s.w};
      Axis h = shape_.h, w = shape_.w;
      h.before -= oh * h.stride;
      w.before -= ow * w.stride;
      return RunTaps(x, h, w, dy, 0, op_.group_in());
    }
    for (int64_t ic = 0; ic < op_.group_in(); ic += plan_.band_channels) {
      const int64_t channels = std::min(plan_.band_channels, op_.group_in() - ic);
      const ChunkAxis h(shape_.h, chunk_.h.begin, chunk_.h.size());
      const ChunkAxis w(shape_.w, chunk_.w.begin, chunk_.w.size());
      RunTaps(PlaceInputs(h, w, ic, channels), h.band, w.band, dy, ic, channels);
    }
  }

  // The panel's channels of dy.
  Operand PlaceOutputs() const {
    const Strides& s = shape_.dys;
    const float* const from = buffers_.dy + (group_ * op_.group_out() + first_out_) * s.c +
                              chunk_.n.begin * s.n + chunk_.h.begin * s.h + chunk_.w.begin * s.w;
    if (!plan_.stage_dy) return {from, s.n, s.h, s.w};
    const int64_t row = chunk_.w.size() * width(), image = chunk_.h.size() * row;
    for (int64_t n = 0; n < chunk_.n.size(); ++n) {
      CopyPixels(op_, {chunk_.h.size(), chunk_.w.size(), outs_}, from + n * s.n, s, dy_ + n * image,
                 {0, 1, row, width()});
    }
    return {dy_, image, row, width()};
  }

  // Some channels of x, padded.
  Operand PlaceInputs(const ChunkAxis& h, const ChunkAxis& w, int64_t ic, int64_t channels) const {
    ConvShape call{};
    call.op = shape_.op;
    call.h = shape_.h, call.w = shape_.w;
    call.xs = shape_.xs;
    const int64_t pitch = PixelPitch(channels), row = w.length * pitch, image = h.length * row;
    for (int64_t n = 0; n < chunk_.n.size(); ++n) {
      FillBand(call, buffers_.x, {chunk_.n.begin + n, h.runs, w.runs}, group_ * op_.group_in() + ic,
               channels, band_ + n * image);
    }
    return {band_, image, row, pitch};
  }

  TileArgs MakeArgs() const {
    static constexpr std::array<float, kMaxTileRows> kNoBias{};
    TileArgs args{};
    args.bias = kNoBias.data();
    args.y_row = args.residual_row = width();
    args.tail = op_.lanes;
    args.first = args.last = true;
    return args;
  }

  void RunBias(const Operand& dy) const {
    TileArgs args = MakeArgs();
    args.a = &kOne;
    args.b = dy.data;
    args.outer = chunk_.n.size(), args.b_outer = dy.image;
    args.inner = chunk_.h.size(), args.b_inner = dy.row;
    args.len = chunk_.w.size(), args.b_k = dy.column;
    args.y = bias_sums();
    if (!first_chunk_) args.residual = args.y;
    op_.tiles->pixels.tile[vecs_][1](args);
  }

  // All the task's taps of some channels; h and w are the geometry of x as it lies there.
  void RunTaps(const Operand& x, const Axis& h, const Axis& w, const Operand& dy, int64_t ic,
               int64_t channels) const {
    const EvenSplit rows(channels, op_.tiles->pixels.max_rows[vecs_]);
    for (int64_t tap = tap_begin_; tap < tap_end_; ++tap) {
      const int64_t kh = tap / w.kernel, kw = tap % w.kernel;
      const Chunks::Range oh = Shown(shape_.h, kh, chunk_.h), ow = Shown(shape_.w, kw, chunk_.w);
      TileArgs args = MakeArgs();
      args.a = x.data;
      args.b = dy.data + oh.begin * dy.row + ow.begin * dy.column;
      args.outer = chunk_.n.size();
      args.inner = std::max<int64_t>(oh.size(), 0);
      args.len = std::max<int64_t>(ow.size(), 0);
      if (args.inner > 0 && args.len > 0) {  // else there may be no such input
        args.a += h.Position(oh.begin, kh) * x.row + w.Position(ow.begin, kw) * x.column;
      } else {
        args.inner = 0;
      }
      args.a_outer = x.image, args.b_outer = dy.image;
      args.a_inner = WrappedProduct(h.stride, x.row), args.b_inner = dy.row;
      args.a_k = WrappedProduct(w.stride, x.column), args.b_k = dy.column;
      Merge(args.inner, args.len, args.a_inner, args.a_k, args.b_inner, args.b_k);
      args.y = sums_ + ((tap - tap_begin_) * op_.group_in() + ic) * width();
      for (int64_t i = 0; i < rows.parts; ++i) {
        const int64_t count = rows.Begin(i + 1) - rows.Begin(i);
        args.residual = first_chunk_ ? nullptr : args.y;
        op_.tiles->pixels.tile[vecs_][count](args);
        args.a += count;
        args.y += count * width();
      }
    }
  }

  // Rows without a gap between them are one.
  static void Merge(int64_t& inner, int64_t& len, ptrdiff_t& a_inner, ptrdiff_t a_k,
                    ptrdiff_t& b_inner, ptrdiff_t b_k) {
    if (inner <= 1 || a_inner != len * a_k || b_inner != len * b_k) return;
    len *= inner;
    inner = 1;
  }

  // The outputs of a range that see a pixel by this tap, counted from its first.
  Chunks::Range Shown(const Axis& axis, int64_t tap, Chunks::Range range) const {
    if (op_.mode != PaddingMode::kZeros) return {0, range.size()};
    const Axis::Outputs o = axis.OutputsOf(tap);
    return {std::max(o.begin, range.begin) - range.begin, std::min(o.end, range.end) - range.begin};
  }

  const GradientTilesPlan& plan_;
  const GradientShape& shape_;
  const ConvOp& op_;
  const GradientBuffers& buffers_;
  const int64_t group_;
  float* const sums_;
  float* const band_;
  float* const dy_;
  int64_t vecs_, first_out_, outs_, tap_begin_, tap_end_;
  Chunks::Chunk chunk_{};
  bool first_chunk_ = true;
};

int64_t Longest(const EvenSplit& s) { return Chunks::Longest(s); }

// Of the band of the largest chunk, for each channel.
int64_t BandPixels(const GradientShape& s, const Chunks& chunks) {
  return SaturatedProduct({Longest(chunks.images), BandAxis(s.h, Longest(chunks.rows)).length,
                           BandAxis(s.w, Longest(chunks.columns)).length});
}

}  // namespace

const char* ConsiderGradientTiles(const GradientShape& shape, GradientPlan& plan) {
  const ConvOp& op = *shape.op;
  const Chunks chunks(shape);
  GradientTilesPlan p{};
  p.shape = shape;
  const PixelCut cut =
      CutPixels(op, op.group_in(), op.group_out(), chunks.max_pixels(), kMaxTileVecs);
  const EvenSplit vectors(CeilDiv(op.group_out(), op.lanes), cut.vecs);
  p.vecs = cut.vecs;
  p.panels = vectors.parts;
  constexpr int64_t kTasksPerThread = 4;
  const int64_t wanted = shape.threads == 1 ? 1
                                            : CeilDiv(shape.threads * kTasksPerThread,
                                                      SaturatedProduct({op.groups, p.panels}));
  p.tap_parts = std::clamp<int64_t>(wanted, 1, p.taps());
  p.stage_x = (shape.xs.c != 1 && op.group_in() > 1) || op.mode != PaddingMode::kZeros;
  p.stage_dy = shape.dys.c != 1 || op.group_out() % op.lanes != 0;
  const int64_t width = Longest(vectors) * op.lanes;
  const int64_t task_taps = CeilDiv(p.taps(), p.tap_parts);
  p.sum_floats =
      RoundUp(SaturatedSum(SaturatedProduct({task_taps, op.group_in(), width}), width), 16);
  p.dy_floats = p.stage_dy ? chunks.max_pixels() * width : 0;
  if (p.stage_x) {
    // As many channels as fit half the L2 cache, of whole tiles.
    const int64_t rows = op.tiles->pixels.max_rows[Longest(vectors)], most = 8;
    const int64_t pixels = BandPixels(shape, chunks);
    const int64_t tiles =
        Caches().l2 / 2 / kFloat / SaturatedProduct({std::max<int64_t>(pixels, 1), rows});
    p.band_channels = std::min(op.group_in(), rows * std::clamp<int64_t>(tiles, 1, most));
    p.band_floats = RoundUp(SaturatedProduct({pixels, PixelPitch(p.band_channels)}), 16);
    constexpr int64_t kMost = int64_t{8} << 20;  // bytes
    if (p.band_floats > (kMost + 4 * Caches().l2) / kFloat) {
      return "what a chunk of outputs sees of so large a kernel does not fit the caches";
    }
  }
  p.cycles =
      kStrategyCycles + cut.cycles * static_cast<double>(SaturatedProduct(
                                         {shape.n, shape.h.out, shape.w.out, p.taps(), op.groups}));
  plan = GradientPlan(p);
  return nullptr;
}

int64_t GradientTilesPlan::ScratchBytes() const {
  const int64_t floats = SaturatedSum(sum_floats, SaturatedSum(band_floats, dy_floats));
  return RoundUp(SaturatedProduct({floats, kFloat}), int64_t{kAlignment});
}

void GradientTilesPlan::Run(const GradientBuffers& buffers) const {
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, tasks(), [&](int64_t i, int64_t slot) {
    Task(*this, buffers, i, reinterpret_cast<float*>(buffers.scratch + slot * bytes)).Run();
  });
}

std::string GradientTilesPlan::Describe() const {
  return StrCat(DescribeTile(*shape.op, shape.op->tiles->pixels.max_rows[vecs], vecs),
                ", reduced over pixels", stage_x ? ", x copied to pixels" : "",
                stage_dy ? ", dy copied to pixels" : "");
}

}  // namespace windrow::internal
