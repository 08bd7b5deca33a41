// Lanes are pixels here, so that few output channels do not leave lanes idle and planes (NCHW) are
// written as they lie.
//
//   for each block of output pixels and group (the parallel tasks):
//     1. the block's input goes to a band of padded planes
//     2. for each tile of pixels:
//          its inputs are packed, [kernel h][kernel w][channel][pixel], where that is cheaper than
//          to leave lanes idle at the end of each row, or to compute the padding between the rows
//          for each panel of output channels and tile of it:  one register tile
//     3. the outputs go to y, unless the tiles have written them there
#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/im2col_plan.h"
#include "lib/conv/planar_rows.h"
#include "lib/conv/strategies.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

class BlockRunner {
 public:
  BlockRunner(const Im2colPlan& plan, const ConvBuffers& buffers, int64_t group, const Block& block,
              float* scratch)
      : plan_(plan),
        call_(plan_.shape),
        buffers_(buffers),
        op_(*call_.op),
        block_(block),
        group_(group),
        band_(plan_.band),
        band_data_(scratch),
        panel_(scratch + plan_.band_floats),
        out_(panel_ + plan_.panel_floats) {}

  void Run() const {
    FillPlaneBand(call_, buffers_.x, block_, group_ * op_.group_in(), band_,
                  plan_.source != PixelSource::kPanels, band_data_);
    const Output y = PlaceOutput();
    switch (plan_.source) {
      case PixelSource::kRows:
        for (int64_t row = 0; row < block_.rows; ++row) RunRow(row, block_.columns, y);
        break;
      case PixelSource::kFlat:
        RunRow(0, (block_.rows - 1) * band_.row() + block_.columns, y);
        break;
      case PixelSource::kPanels:
        RunPanels(y);
        break;
    }
    if (plan_.stage_y) {
      CopyPixels(op_, {block_.rows, block_.columns, op_.group_out()}, out_, OutStrides(),
                 YAt(buffers_.y, call_.ys), call_.ys);
    }
  }

 private:
  // Where the first pixel of the block goes.
  struct Output {
    float* y;
    Strides ys;
    const float* residual;
    Strides rs;
  };

  Strides OutStrides() const { return {0, plan_.out_plane, plan_.OutRow(block_.columns), 1}; }

  template <class Float>
  Float* YAt(Float* y, const Strides& s) const {
    return y + block_.n * s.n + group_ * op_.group_out() * s.c + block_.row * s.h +
           block_.column * s.w;
  }

  Output PlaceOutput() const {
    const float* const residual =
        buffers_.residual == nullptr ? nullptr : YAt(buffers_.residual, call_.rs);
    if (!plan_.stage_y) return {YAt(buffers_.y, call_.ys), call_.ys, residual, call_.rs};
    const Strides planes = OutStrides();
    if (residual == nullptr) return {out_, planes, nullptr, planes};
    // Between the rows, too, where tiles run over them.
    if (planes.h > block_.columns) std::fill_n(out_, op_.group_out() * planes.c, 0.0f);
    CopyPixels(op_, {block_.rows, block_.columns, op_.group_out()}, residual, call_.rs, out_,
               planes);
    return {out_, planes, out_, planes};
  }

  // All output channels of one tile, whose inputs are described but for its outputs.
  void RunTile(PixelTile& t, const Output& y, int64_t row, int64_t column) const {
    t.y = y.y + row * y.ys.h + column;
    t.y_channel = y.ys.c;
    if (y.residual != nullptr) {
      t.residual = y.residual + row * y.rs.h + column;
      t.residual_channel = y.rs.c;
    }
    for (int64_t i = 0; i < call_.weights->group_panels(); ++i) {
      const Panel panel = call_.weights->group_panel(group_, i);
      PixelPanel(op_, panel, group_ * op_.group_out(), plan_.cut).Run(t);
    }
  }

  // Tiles along a row of the block, which read the band. Across its end too if `columns` goes on to
  // the next rows; the outputs of what lies between them are computed and never copied.
  void RunRow(int64_t row, int64_t columns, const Output& y) const {
    const EvenSplit vectors(CeilDiv(columns, op_.lanes), plan_.cut.vecs);
    for (int64_t i = 0; i < vectors.parts; ++i) {
      const int64_t begin = vectors.Begin(i) * op_.lanes;
      PixelTile t{};
      t.x = band_data_ + row * band_.h.stride * band_.row() + begin;
      t.x_outer = band_.h.dilation * band_.row();
      t.x_inner = band_.w.by_taps ? band_.pitch : call_.w.dilation;
      t.x_k = band_.plane();
      t.outer = call_.h.kernel;
      t.inner = call_.w.kernel;
      t.len = op_.group_in();
      t.pixels = std::min(vectors.Begin(i + 1) * op_.lanes, columns) - begin;
      t.vecs = static_cast<int>(vectors.Begin(i + 1) - vectors.Begin(i));
      t.next = t.x + t.pixels;
      RunTile(t, y, row, begin);
    }
  }

  // Tiles over all pixels of the block, row after row.
  void RunPanels(const Output& y) const {
    const int64_t pixels = block_.rows * block_.columns;
    const EvenSplit vectors(CeilDiv(pixels, op_.lanes), plan_.cut.vecs);
    for (int64_t i = 0; i < vectors.parts; ++i) {
      const int64_t begin = vectors.Begin(i) * op_.lanes;
      PixelTile t{};
      t.pixels = std::min(vectors.Begin(i + 1) * op_.lanes, pixels) - begin;
      t.vecs = static_cast<int>(vectors.Begin(i + 1) - vectors.Begin(i));
      t.x = t.next = panel_;
      t.x_k = t.vecs * op_.lanes;
      t.outer = t.inner = 1;
      t.len = plan_.steps();
      Pack(begin, t.pixels, t.x_k);
      // Rows touch in y where they are not staged, so a tile may run on to the next.
      RunTile(t, y, 0, begin);
    }
  }

  void Pack(int64_t begin, int64_t pixels, int64_t width) const {
    // Lanes past the last pixel are computed, too: NaN there would raise the invalid-operation
    // flag.
    for (int64_t k = 0; pixels < width && k < plan_.steps(); ++k) {
      std::fill(panel_ + k * width + pixels, panel_ + (k + 1) * width, 0.0f);
    }
    float* to = panel_;
    for (int64_t kh = 0; kh < call_.h.kernel; ++kh) {
      for (int64_t kw = 0; kw < call_.w.kernel; ++kw) {
        const float* const tap =
            band_data_ + kh * band_.h.dilation * band_.row() + band_.tap(call_.w, kw);
        PackTap(tap, begin, pixels, width, to);
        to += op_.group_in() * width;
      }
    }
  }

  // The pixels' inputs at one tap, for all channels.
  void PackTap(const float* tap, int64_t begin, int64_t pixels, int64_t width, float* to) const {
    for (int64_t done = 0; done < pixels;) {
      const int64_t row = (begin + done) / block_.columns, column = (begin + done) % block_.columns;
      const int64_t count = std::min(block_.columns - column, pixels - done);
      op_.tiles->copy_rows(tap + row * band_.h.stride * band_.row() + column, band_.plane(),
                           op_.group_in(), count, to + done, width);
      done += count;
    }
  }

  const Im2colPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  const Block block_;
  const int64_t group_;
  const PlaneBand& band_;
  float *band_data_, *panel_, *out_;
};

double Estimate(const Im2colPlan& p) {
  constexpr double kScatter = 3;
  // What tiles take longer that read a band of planes, as measured.
  constexpr double kFromPlanes = 1.35, kFromPixels = 1.1;
  const ConvShape& c = p.shape;
  const double blocks = static_cast<double>(c.op->groups * c.n) * static_cast<double>(c.h.out) *
                        static_cast<double>(c.w.out) /
                        static_cast<double>(p.blocks.rows * p.blocks.columns);
  // Pixels are scattered to as many planes as there are channels, far from each other.
  const double scatter = c.xs.w != 1 && c.op->group_in() > 1 ? kScatter : 1;
  const int64_t block = SaturatedProduct({p.band.plane(), c.op->group_in()});
  const double copy = scatter * CopyCycles(*c.op, block, c.xs.w != 1);
  const double measured = c.xs.w == 1 ? kFromPlanes : kFromPixels;
  return kStrategyCycles + measured * blocks * (p.block_cycles + copy) + FarOutputCycles(c);
}

}  // namespace

const char* ConsiderIm2col(const ConvShape& shape, ConvPlan& plan) {
  if (shape.must_skip_padding()) return kMultipliesPadding;
  Im2colPlan p = PlanIm2col(shape);
  if (!shape.is(PlanVariant::kBest) && !p.varied) return kNoVariant;
  p.cycles = Estimate(p);
  plan = ConvPlan(p);
  return nullptr;
}

int64_t Im2colPlan::ScratchBytes() const {
  const int64_t floats = SaturatedSum(SaturatedSum(band_floats, panel_floats), out_floats);
  return SaturatedProduct({floats, int64_t{sizeof(float)}});
}

void Im2colPlan::Run(const ConvBuffers& buffers) const {
  Prepare();
  const int64_t groups = shape.op->groups, bytes = ScratchBytes();
  RunTasks(shape.threads, blocks.count(shape) * groups, [&](int64_t i, int64_t slot) {
    BlockRunner(*this, buffers, i % groups, BlockAt(shape, blocks, i / groups),
                buffers.Scratch(slot, bytes))
        .Run();
  });
}

std::string Im2colPlan::Describe() const {
  return StrCat(DescribeTile(*shape.op, cut.max_rows, cut.vecs),
                " over pixels, x copied to bands of planes",
                source == PixelSource::kPanels ? " and packed" : "",
                stage_y ? ", y copied from blocks of planes" : "");
}

}  // namespace windrow::internal
