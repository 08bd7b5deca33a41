// Pixels (NHWC) go to direct convolution, whose lanes are output channels. In planes (NCHW) the
// pixels lie side by side, so lanes are pixels:
//
//   for each panel of output channels and band of a run of pixels (the parallel tasks):
//     for each tile of pixels: for each tile of the panel's channels:  one register tile
//     (few channels: for each few planes of x, for each channel:       one row of pixels)
//
// A run is an image, or a row of one that has gaps between its rows. Nothing is packed but the last
// few pixels of a run, which do not fill a vector.
#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/pixel_tile.h"
#include "lib/conv/pixels.h"
#include "lib/conv/strategies.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

constexpr int64_t kFloat = sizeof(float);
constexpr int64_t kFewChannels = 3;  // with which reading x takes longer than multiplying it

// Pixels of a row side by side.
bool Planes(const ConvShape& c) {
  return c.w.stride == 1 && c.xs.w == 1 && c.OfOutputs([](const Strides& s) { return s.w == 1; });
}

struct PlanesPlan {
  ConvShape shape;  // an image as one row, where memory allows
  double cycles;
  bool varied;        // the shape's variant differs from the best plan
  bool weights_stay;  // all weights fit half the L2 cache
  int64_t panels, bands;
  bool few;  // output channels: rows of pixels instead of tiles
  PixelCut cut;

  int64_t group_panels() const { return panels / shape.op->groups; }
  int64_t ScratchBytes() const {
    return RoundUp(shape.op->group_in() * shape.op->lanes, 16) * kFloat;
  }
  std::string Describe() const {
    return DescribeTile(*shape.op, cut.max_rows, cut.vecs) + " over pixels";
  }
  void Prepare() const { shape.weights->NeedPanels(); }
  void Run(const ConvBuffers& buffers) const;
};

double Estimate(const PlanesPlan& p) {
  const ConvShape& c = p.shape;
  const Panel panel = c.weights->panel(0);
  const int64_t across = CeilDiv(CeilDiv(c.w.out, c.op->lanes), p.cut.vecs);
  const auto tiles = static_cast<double>(across * CeilDiv(panel.out_channels, p.cut.max_rows));
  const double run =
      p.cut.cycles * static_cast<double>(c.op->group_in()) + tiles * c.op->machine->tile;
  return kStrategyCycles + static_cast<double>(p.panels * c.h.out * c.n) * run;
}

// A band of pixels stays in cache from one panel of channels to the next, and the other way round.
int64_t Bands(const PlanesPlan& p, int64_t share) {
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  int64_t bands = 1;
  if (p.group_panels() > 1) {
    bands = CeilDiv(c.w.out * op.group_in() * kFloat,
                    op.machine->l2 / ((p.weights_stay ? 4 : 2) * share));
  }
  bands = std::max(bands, BandsForThreads(c, p.panels * c.h.out * c.n));
  return std::clamp<int64_t>(bands, 1, CeilDiv(c.w.out, p.cut.vecs * op.lanes));
}

// Makes the best plan the variant that the shape asks for, where that is another.
void Vary(PlanesPlan& p) {
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  if (c.is(PlanVariant::kTile) && !p.few) {
    const PixelCut other = CutPixels(op, c.weights->panel(0).out_channels, c.w.out, op.group_in(),
                                     kMaxTileVecs, &p.cut);
    p.varied = other.vecs != 0;
    if (p.varied) p.cut = other;
  } else if (c.is(PlanVariant::kSource)) {
    p.varied = p.few;
    p.few = false;
  } else if (c.is(PlanVariant::kOrder)) {
    const int64_t bands = p.bands;
    p.weights_stay = !p.weights_stay;
    p.varied = p.panels > 1 && c.n * c.h.out * std::max(bands, Bands(p, 1)) > 1;
  }
  const int64_t bands = p.bands;
  p.bands = Bands(p, c.is(PlanVariant::kBlocks) ? 4 : 1);
  if (c.is(PlanVariant::kBlocks)) p.varied = p.bands != bands;
}

PlanesPlan PlanPlanes(const ConvShape& shape) {
  PlanesPlan p{};
  p.shape = Flattened(shape);
  const ConvShape& c = p.shape;
  const ConvOp& op = *c.op;
  p.weights_stay = op.out_channels * op.group_in() * kFloat <= op.machine->l2 / 2;
  p.panels = c.weights->panels();
  p.cut = CutPixels(op, c.weights->panel(0).out_channels, c.w.out, op.group_in(), kMaxTileVecs);
  // Sums cannot wait in y if it is the residual.
  p.few = op.group_out() <= kFewChannels && c.residual != ResidualPlace::kInY &&
          op.tiles->pixel_row[1] != nullptr;
  p.bands = Bands(p, 1);
  Vary(p);
  p.cycles = Estimate(p);
  return p;
}

class PlanesTask {
 public:
  PlanesTask(const PlanesPlan& plan, const ConvBuffers& buffers, float* scratch)
      : plan_(plan),
        call_(plan_.shape),
        buffers_(buffers),
        op_(*call_.op),
        scratch_(scratch),
        whole_(call_.w.out / op_.lanes * op_.lanes) {}

  void Run(int64_t task) const {
    // The panels of a band one after the other if the weights stay in cache, else the bands of a
    // panel.
    const int64_t panels = plan_.panels, bands = plan_.bands, runs = call_.h.out * call_.n;
    const int64_t panel = plan_.weights_stay ? task % panels : task / (bands * runs);
    const int64_t other = plan_.weights_stay ? task / panels : task % (bands * runs);
    const int64_t run = other / bands, n = run / call_.h.out, row = run % call_.h.out;
    const EvenSplit vectors(CeilDiv(call_.w.out, op_.lanes), plan_.cut.vecs);
    const int64_t first = other % bands * vectors.parts / bands;
    const int64_t last = (other % bands + 1) * vectors.parts / bands;
    const Panel p = call_.weights->panel(panel);
    if (plan_.few) {
      RunRows(p, n, row, vectors.Begin(first) * op_.lanes,
              std::min(vectors.Begin(last) * op_.lanes, whole_));
    } else {
      RunTiles(p, n, row, vectors, first, last);
    }
    if (last == vectors.parts && whole_ < call_.w.out) RunTail(p, n, row);
  }

 private:
  void RunTiles(const Panel& p, int64_t n, int64_t row, const EvenSplit& vectors, int64_t first,
                int64_t last) const {
    ForParts(p, plan_.cut, op_.group_in(), [&](const PanelPart& part) {
      PixelPanel tiles(op_, p, 0, plan_.cut, part);
      for (int64_t i = first; i < last; ++i) {
        const int64_t begin = vectors.Begin(i) * op_.lanes;
        const int64_t end = std::min(vectors.Begin(i + 1) * op_.lanes, whole_);
        if (end > begin) tiles.Run(TileAt(p, n, row, begin, end));
      }
    });
  }

  // A stretch of pixels that stays in cache, a few planes at a time; sums wait in y.
  void RunRows(const Panel& panel, int64_t n, int64_t row, int64_t begin, int64_t end) const {
    constexpr int64_t kStretch = 4096;
    PixelRowArgs args{};
    args.x_step = call_.xs.c;
    args.weight_step = panel.vecs * op_.lanes;
    op_.SetClamp(args);
    for (; begin < end; begin += kStretch) {
      const PixelTile t = TileAt(panel, n, row, begin, std::min(begin + kStretch, end));
      args.pixels = t.pixels;
      for (int64_t k = 0; k < t.len; k += kMaxPixelRowSteps) {
        const int64_t steps = std::min<int64_t>(t.len - k, kMaxPixelRowSteps);
        args.x = t.x + k * t.x_k;
        args.first = k == 0;
        args.last = k + steps == t.len;
        for (int64_t c = 0; c < panel.out_channels; ++c) {
          args.weights = panel.weights + k * args.weight_step + c;
          args.bias = panel.bias[c];
          args.y = t.y + (panel.out_channel + c) * t.y_channel;
          if (t.residual != nullptr) {
            args.residual = t.residual + (panel.out_channel + c) * t.residual_channel;
          }
          op_.tiles->pixel_row[steps](args);
        }
      }
    }
  }

  PixelTile TileAt(const Panel& panel, int64_t n, int64_t row, int64_t begin, int64_t end) const {
    const int64_t ih = row * call_.h.stride;
    PixelTile t{};
    t.x = buffers_.x + n * call_.xs.n + panel.in_channel * call_.xs.c + ih * call_.xs.h + begin;
    t.x_k = call_.xs.c;
    t.outer = t.inner = 1;
    t.len = op_.group_in();
    t.pixels = end - begin;
    t.vecs = static_cast<int>(CeilDiv(t.pixels, op_.lanes));
    t.next = t.x + t.pixels;
    t.y = buffers_.y + n * call_.ys.n + row * call_.ys.h + begin;
    t.y_channel = call_.ys.c;
    if (buffers_.residual != nullptr) {
      t.residual = buffers_.residual + n * call_.rs.n + row * call_.rs.h + begin;
      t.residual_channel = call_.rs.c;
    }
    return t;
  }

  // The tile reads whole vectors, so these pixels are copied to where there are enough.
  void RunTail(const Panel& panel, int64_t n, int64_t row) const {
    PixelTile t = TileAt(panel, n, row, whole_, call_.w.out);
    for (int64_t k = 0; k < t.len; ++k) {
      float* const to = scratch_ + k * op_.lanes;
      std::fill(std::copy_n(t.x + k * t.x_k, t.pixels, to), to + op_.lanes, 0.0f);
    }
    t.x = t.next = scratch_;
    t.x_k = op_.lanes;
    const PixelCut cut = CutPixels(op_, panel.out_channels, t.pixels, t.len, 1);
    PixelPanel(op_, panel, 0, cut, {0, panel.out_channels}).Run(t);
  }

  const PlanesPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  float* scratch_;
  const int64_t whole_;  // pixels of a run that fill vectors
};

void PlanesPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, panels * bands * shape.h.out * shape.n, [&](int64_t i, int64_t slot) {
    PlanesTask(*this, buffers, buffers.Scratch(slot, bytes)).Run(i);
  });
}

}  // namespace

const char* ConsiderPointwise(const ConvShape& shape, ConvPlan& plan) {
  if (shape.h.kernel != 1 || shape.w.kernel != 1) return "the kernel is larger than 1x1";
  if (shape.padded()) return "there is padding";
  if (shape.op->depthwise()) return "each group has one channel";
  const bool pixels = shape.pixels(), planes = Planes(shape);
  if (!pixels && !planes) {
    return "neither the channels (NHWC) nor, at stride 1, the pixels of a row (NCHW) of x and y "
           "are contiguous";
  }
  // Few channels of one pixel are few lanes.
  const bool either = planes && pixels, turned = either && shape.is(PlanVariant::kSource);
  const bool by_planes = planes && (!pixels || shape.w.out > shape.h.out);
  if (by_planes != turned) {
    const PlanesPlan p = PlanPlanes(shape);
    if (!shape.is(PlanVariant::kBest) && !p.varied && !turned) return kNoVariant;
    plan = ConvPlan(p);
  } else {
    const PixelsPlan p = PlanPixels(Flattened(shape), /*skip_padding=*/true);
    if (!shape.is(PlanVariant::kBest) && !p.varied && !turned) return kNoVariant;
    plan = p.plan();
  }
  return nullptr;
}

}  // namespace windrow::internal
