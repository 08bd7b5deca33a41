// Lanes are pixels here, so that few output channels do not leave lanes idle and planes (NCHW) are
// written as they lie.
//
//   for each block of output pixels, group and share of its channels (the parallel tasks):
//     1. the block's input goes to a band of padded planes, unless it is packed from x itself
//     2. for each row, or for some tiles of pixels and a part of the reduction whose inputs are
//        packed, [kernel h][kernel w][channel][pixel], where that is cheaper than to leave lanes
//        idle at the end of each row, or to compute the padding between the rows:
//          for each part of a panel of output channels: for each tile of pixels:
//            for each few channels:  one register tile
//     3. the outputs go to y, unless the tiles have written them there
#include <algorithm>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/cost.h"
#include "lib/conv/im2col_plan.h"
#include "lib/conv/strategies.h"
#include "lib/conv/tile_cut.h"

namespace windrow::internal {
namespace {

class BlockRunner {
 public:
  BlockRunner(const Im2colPlan& plan, const ConvBuffers& buffers, const Block& block, int64_t group,
              int64_t share, float* scratch)
      : plan_(plan),
        call_(plan_.shape),
        buffers_(buffers),
        op_(*call_.op),
        block_(block),
        group_(group),
        share_(ShareAt(*call_.weights, group, share, plan.shares)),
        band_(plan_.band),
        plane_(plan.has_band() ? band_.plane() : call_.xs.c),
        row_(plan.has_band() ? band_.h.stride * band_.row() : call_.h.stride * call_.xs.h),
        band_data_(scratch),
        panel_(scratch + plan_.band_floats),
        out_(panel_ + plan_.panel_floats) {}

  void Run() const {
    if (plan_.has_band()) {
      FillPlaneBand(call_, buffers_.x, block_, group_ * op_.group_in(), band_, !plan_.packs(),
                    band_data_);
    }
    const Output y = PlaceOutput();
    switch (plan_.source) {
      case PixelSource::kRows:
        for (int64_t row = 0; row < block_.rows; ++row) RunRow(row, block_.columns, y);
        break;
      case PixelSource::kFlat:
        RunRow(0, (block_.rows - 1) * band_.row() + block_.columns, y);
        break;
      case PixelSource::kPlanes:
      case PixelSource::kPanels:
        RunPanels(y);
        break;
    }
    if (plan_.outputs == Outputs::kStreamed) {
      StreamOutput();
    } else if (plan_.stage_y()) {
      CopyPixels(op_, {block_.rows, block_.columns, share_.channels}, out_, OutStrides(),
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
    return y + block_.n * s.n + share_.channel * s.c + block_.row * s.h + block_.column * s.w;
  }

  Output PlaceOutput() const {
    const float* const residual =
        buffers_.residual == nullptr ? nullptr : YAt(buffers_.residual, call_.rs);
    if (!plan_.stage_y()) return {YAt(buffers_.y, call_.ys), call_.ys, residual, call_.rs};
    const Strides planes = OutStrides();
    if (residual == nullptr) return {out_, planes, nullptr, planes};
    // Between the rows, too, where tiles run over them.
    if (planes.h > block_.columns) std::fill_n(out_, share_.channels * planes.c, 0.0f);
    CopyPixels(op_, {block_.rows, block_.columns, share_.channels}, residual, call_.rs, out_,
               planes);
    return {out_, planes, out_, planes};
  }

  // Every plane's rows at once where they touch, here and there.
  void StreamOutput() const {
    const Strides planes = OutStrides();
    float* const y = YAt(buffers_.y, call_.ys);
    const bool touch = planes.h == block_.columns && call_.ys.h == block_.columns;
    const int64_t rows = touch ? 1 : block_.rows;
    for (int64_t row = 0; row < rows; ++row) {
      op_.tiles->stream_rows(out_ + row * planes.h, planes.c, share_.channels,
                             touch ? block_.rows * block_.columns : block_.columns,
                             y + row * call_.ys.h, call_.ys.c);
    }
  }

  // The tile's outputs, of the share's first channel.
  static void SetOutput(PixelTile& t, const Output& y, int64_t row, int64_t column) {
    t.y = y.y + row * y.ys.h + column;
    t.y_channel = y.ys.c;
    if (y.residual != nullptr) {
      t.residual = y.residual + row * y.rs.h + column;
      t.residual_channel = y.rs.c;
    }
  }

  template <class F>
  void ForPanels(ReductionPart steps, const F& run) const {
    for (int64_t i = 0; i < share_.panels; ++i) {
      const Panel panel = call_.weights->group_panel(group_, share_.first + i);
      ForParts(panel, plan_.cut, plan_.steps(), [&](const PanelPart& part) {
        run(PixelPanel(op_, panel, share_.channel, plan_.cut, part, steps));
      });
    }
  }

  // Tiles along a row of the block, which read the band. Across its end too if `columns` goes on to
  // the next rows; the outputs of what lies between them are computed and never copied.
  void RunRow(int64_t row, int64_t columns, const Output& y) const {
    const EvenSplit vectors(CeilDiv(columns, op_.lanes), plan_.cut.vecs);
    ForPanels({0, true}, [&](PixelPanel panel) {
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
        SetOutput(t, y, row, begin);
        panel.Run(t);
      }
    });
  }

  // Tiles over all pixels of the block, row after row: some tiles, and some steps of the reduction,
  // at a time.
  void RunPanels(const Output& y) const {
    const EvenSplit vectors(CeilDiv(block_.rows * block_.columns, op_.lanes), plan_.cut.vecs);
    const int64_t tiles = plan_.panel_floats / std::max<int64_t>(plan_.tile_floats(), 1);
    for (int64_t first = 0; first < vectors.parts; first += tiles) {
      const int64_t last = std::min(first + tiles, vectors.parts);
      for (int64_t step = 0; step < plan_.steps(); step += plan_.part_steps) {
        RunPart(y, vectors, first, last, step);
      }
    }
  }

  // The tiles [first, last) of a block, and one part of the reduction.
  void RunPart(const Output& y, const EvenSplit& vectors, int64_t first, int64_t last,
               int64_t step) const {
    const int64_t steps = std::min(plan_.part_steps, plan_.steps() - step);
    const auto tile = [&](int64_t i) {
      const int64_t begin = vectors.Begin(i) * op_.lanes, end = vectors.Begin(i + 1) * op_.lanes;
      PixelTile t{};
      t.pixels = std::min(end, block_.rows * block_.columns) - begin;
      t.vecs = static_cast<int>(vectors.Begin(i + 1) - vectors.Begin(i));
      t.x = t.next = panel_ + (i - first) * plan_.tile_floats();
      t.x_k = end - begin;
      t.outer = t.inner = 1;
      t.len = steps;
      // Rows touch in y where they are not staged, so a tile may run on to the next.
      SetOutput(t, y, 0, begin);
      return t;
    };
    for (int64_t i = first; i < last; ++i) {
      Pack(vectors.Begin(i) * op_.lanes, tile(i), step, panel_ + (i - first) * plan_.tile_floats());
    }
    ForPanels({step, step + steps >= plan_.steps()}, [&](PixelPanel panel) {
      for (int64_t i = first; i < last; ++i) panel.Run(tile(i));
    });
  }

  // The inputs of a tile's pixels at its steps of the reduction.
  void Pack(int64_t begin, const PixelTile& t, int64_t step, float* to) const {
    // Lanes past the last pixel are computed, too: NaN there would raise the invalid-operation
    // flag.
    if (t.pixels < t.x_k) std::fill_n(to, t.len * t.x_k, 0.0f);
    for (int64_t channels = op_.group_in(), end = step + t.len; step < end;) {
      const int64_t tap = step / channels, channel = step % channels;
      const int64_t count = std::min(channels - channel, end - step);
      PackTap(Tap(tap / call_.w.kernel, tap % call_.w.kernel) + channel * plane_, begin, t.pixels,
              count, t.x_k, to);
      step += count;
      to += count * t.x_k;
    }
  }

  // Where the block's first pixel has its input at this tap, of the first channel.
  const float* Tap(int64_t kh, int64_t kw) const {
    if (plan_.has_band()) {
      return band_data_ + kh * band_.h.dilation * band_.row() + band_.tap(call_.w, kw);
    }
    return buffers_.x + block_.n * call_.xs.n + group_ * op_.group_in() * call_.xs.c +
           call_.h.Position(block_.row, kh) * call_.xs.h + call_.w.Position(block_.column, kw);
  }

  // The pixels' inputs at one tap, for some channels.
  void PackTap(const float* tap, int64_t begin, int64_t pixels, int64_t channels, int64_t width,
               float* to) const {
    for (int64_t done = 0; done < pixels;) {
      const int64_t row = (begin + done) / block_.columns, column = (begin + done) % block_.columns;
      const int64_t count = std::min(block_.columns - column, pixels - done);
      op_.tiles->copy_rows(tap + row * row_ + column, plane_, channels, count, to + done, width);
      done += count;
    }
  }

  const Im2colPlan& plan_;
  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  const Block block_;
  const int64_t group_;
  const PanelShare share_;
  const PlaneBand& band_;
  const ptrdiff_t plane_, row_;  // from channel to channel and output row to row, where it packs
  float *band_data_, *panel_, *out_;
};

double Estimate(const Im2colPlan& p) {
  const ConvShape& c = p.shape;
  const double blocks = static_cast<double>(c.op->groups * c.n) * static_cast<double>(c.h.out) *
                        static_cast<double>(c.w.out) /
                        static_cast<double>(p.blocks.rows * p.blocks.columns);
  return kStrategyCycles + blocks * p.block_cycles +
         (p.outputs == Outputs::kStreamed ? 0 : FarOutputCycles(c));
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
  RunTasks(shape.threads, blocks.count(shape) * groups * shares, [&](int64_t i, int64_t slot) {
    const Block block = BlockAt(shape, blocks, i / (groups * shares));
    BlockRunner(*this, buffers, block, i / shares % groups, i % shares,
                buffers.Scratch(slot, bytes))
        .Run();
  });
}

std::string Im2colPlan::Describe() const {
  return StrCat(DescribeTile(*shape.op, cut.max_rows, cut.vecs), " over pixels, x ",
                has_band() ? "copied to bands of planes" : "packed",
                source == PixelSource::kPanels ? " and packed" : "",
                stage_y() ? ", y copied from blocks of planes" : "",
                outputs == Outputs::kStreamed ? " past the caches" : "");
}

}  // namespace windrow::internal
