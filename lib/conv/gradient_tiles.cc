#include "lib/conv/gradient_tiles.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "lib/conv/gradient_operands.h"
#include "lib/conv/gradient_sums.h"
#include "lib/conv/pixel_tile.h"

namespace windrow::internal {
namespace {

constexpr float kOne = 1.0f;

// Output channels of a group, a few vectors wide.
struct GradientPanel {
  int64_t vecs, width, first, count;
  float *chains, *sums;  // [in channel][tap][lane]
  float *bias_chains, *bias_sums;
  float* dy;
};

class Task {
 public:
  Task(const GradientTilesPlan& plan, const GradientBuffers& buffers, int64_t index, float* scratch)
      : plan_(plan),
        shape_(plan.shape),
        op_(*shape_.op),
        buffers_(buffers),
        chunks_(Chunks(shape_)),
        vectors_(CeilDiv(plan.lane_channels, op_.lanes), plan.vecs),
        scratch_(scratch) {
    const int64_t tap = index % plan.tap_parts, panel = index / plan.tap_parts % plan.panel_parts;
    group_ = index / plan.tap_parts / plan.panel_parts;
    // Whole kernel rows, if the taps of one are the rows of a tile.
    const int64_t unit = plan.tap_rows ? shape_.w.kernel : 1, units = plan.taps() / unit;
    tap_begin_ = tap * units / plan.tap_parts * unit;
    taps_ = (tap + 1) * units / plan.tap_parts * unit - tap_begin_;
    tap_rows_ = plan.tap_rows;
    panel_begin_ = panel * vectors_.parts / plan.panel_parts;
    panel_end_ = (panel + 1) * vectors_.parts / plan.panel_parts;
    has_bias_ = buffers.db != nullptr && tap_begin_ == 0 && !plan.turned;
    if (plan.turned) std::swap(buffers_.x, buffers_.dy);
    if (plan.turned && panel_begin_ == 0 && buffers.db != nullptr) {
      StoreRowBias(shape_, buffers_, group_ * plan.row_channels, plan.row_channels);
    }
  }

  void Run() {
    RunChunks();
    if (tap_rows_ && op_.mode == PaddingMode::kZeros && HasNaN()) {
      tap_rows_ = false;
      RunChunks();
    }
    for (int64_t i = panel_begin_; i < panel_end_; ++i) Store(PanelAt(i));
  }

 private:
  void RunChunks() {
    if (apart()) std::fill_n(scratch_, plan_.sum_floats, 0.0f);
    if (plan_.stage_dy) std::fill_n(dy(), plan_.dy_floats, 0.0f);  // lanes of no channel
    for (int64_t i = 0; i < chunks_.count(); ++i) RunChunk(chunks_.at(i));
  }

  bool HasNaN() const {
    const auto any = [](const float* sums, int64_t count) {
      return std::any_of(sums, sums + count, [](float v) { return v != v; });
    };
    const int64_t all = (vectors_.Begin(panel_end_) - vectors_.Begin(panel_begin_)) * op_.lanes;
    return any(scratch_, rows() * all);
  }

  // Whether chains wait elsewhere until their chunk is done.
  bool apart() const { return chunks_.count() > 1; }
  float* chains() const { return scratch_ + (apart() ? plan_.sum_floats : 0); }
  float* dy() const { return chains() + plan_.sum_floats; }
  float* band() const { return dy() + plan_.dy_floats; }
  int64_t rows() const { return taps_ * plan_.row_channels; }
  // Whether tiles write to dw.
  bool direct() const { return plan_.turned && whole_ && !buffers_.accumulate; }

  GradientPanel PanelAt(int64_t i) const {
    const int64_t vec = vectors_.Begin(i), before = vec - vectors_.Begin(panel_begin_);
    const int64_t all = vectors_.Begin(panel_end_) - vectors_.Begin(panel_begin_);
    const int64_t at = before * op_.lanes * rows(), bias_at = (all * rows() + before) * op_.lanes;
    GradientPanel p{};
    p.vecs = vectors_.Begin(i + 1) - vec;
    p.width = p.vecs * op_.lanes;
    p.first = vec * op_.lanes;
    p.count = std::min(p.width, plan_.lane_channels - p.first);
    p.chains = chains() + at, p.sums = scratch_ + at;
    p.bias_chains = chains() + bias_at, p.bias_sums = scratch_ + bias_at;
    p.dy = dy() + before * op_.lanes * plan_.block_pixels;
    return p;
  }

  float* RowOfWeights(const GradientPanel& p, int64_t row) const {
    return buffers_.dw + (group_ * plan_.row_channels + row) * plan_.lane_channels + p.first;
  }

  void Store(const GradientPanel& p) const {
    if (direct()) return;
    if (plan_.turned) {
      return StoreRows(p.sums, rows(), p.count, p.width, RowOfWeights(p, 0), plan_.lane_channels,
                       buffers_.accumulate);
    }
    const GradientSums sums{.op = op_,
                            .sums = p.sums,
                            .width = p.width,
                            .taps = plan_.taps(),
                            .tap_begin = tap_begin_,
                            .tap_end = tap_begin_ + taps_,
                            .out_channel = group_ * plan_.lane_channels + p.first,
                            .out_channels = p.count};
    sums.StoreWeights(buffers_.dw, buffers_.accumulate);
    if (has_bias_) sums.StoreBias(p.bias_sums, buffers_.db, buffers_.accumulate);
  }

  void RunChunk(const OutputBox& chunk) {
    const BoxCut blocks(chunk, plan_.block_pixels);
    whole_ = blocks.count() == 1 && !apart();
    if (!whole_) std::fill_n(chains(), plan_.sum_floats, 0.0f);
    for (int64_t i = 0; i < blocks.count(); ++i) RunBlock(blocks.at(i));
    if (whole_) return;
    for (int64_t i = panel_begin_; i < panel_end_; ++i) {
      const GradientPanel p = PanelAt(i);
      AddChains(p, p.chains, p.sums, rows());
      if (has_bias_) AddChains(p, p.bias_chains, p.bias_sums, 1);
    }
  }

  // Tiles of no steps: sums + chains, finished; or the chains alone, if they are the sums.
  void AddChains(const GradientPanel& p, const float* chains, float* sums, int64_t count) const {
    TileArgs args = MakeArgs(p);
    args.first = false;
    args.last = true;
    args.y = sums;
    if (apart()) args.residual = chains;
    const EvenSplit rows(count, op_.tiles->pixels.max_rows[p.vecs]);
    for (int64_t i = 0; i < rows.parts; ++i) {
      const int64_t height = rows.Begin(i + 1) - rows.Begin(i);
      op_.tiles->pixels.tile[p.vecs][height](args);
      args.y += height * p.width;
      if (args.residual != nullptr) args.residual += height * p.width;
    }
  }

  void RunBlock(const OutputBox& block) {
    for (int64_t i = panel_begin_; i < panel_end_; ++i) {
      const GradientPanel p = PanelAt(i);
      const Operand dy = PlaceOutputs(p, block);
      if (has_bias_) RunBias(p, block, dy);
    }
    const auto run_panels = [&](const Operand& x, const Axis& h, const Axis& w, int64_t ic,
                                int64_t channels) {
      for (int64_t i = panel_begin_; i < panel_end_; ++i) {
        const GradientPanel p = PanelAt(i);
        RunTaps(p, block, x, h, w, OutputsOf(p, block), ic, channels);
      }
    };
    const int64_t first = group_ * plan_.row_channels;
    if (!plan_.stage_x) {
      Axis h, w;
      const Operand x = InputsInPlace(shape_, buffers_.x, block, first, h, w);
      return run_panels(x, h, w, 0, plan_.row_channels);
    }
    const BlockAxis h(shape_.h, block.h), w(shape_.w, block.w);
    for (int64_t ic = 0; ic < plan_.row_channels; ic += plan_.band_channels) {
      const int64_t channels = std::min(plan_.band_channels, plan_.row_channels - ic);
      const Operand x = CopyInputs(shape_, buffers_.x, block.n, h, w, first + ic, channels, band());
      run_panels(x, h.band, w.band, ic, channels);
    }
  }

  // Where the panel's channels of dy are, when they have been placed.
  Operand OutputsOf(const GradientPanel& p, const OutputBox& block) const {
    if (!plan_.stage_dy) {
      return OutputsInPlace(shape_, buffers_.dy, block, group_ * plan_.lane_channels + p.first);
    }
    const int64_t row = block.w.size() * p.width;
    return {p.dy, block.h.size() * row, row, p.width};
  }

  Operand PlaceOutputs(const GradientPanel& p, const OutputBox& block) const {
    if (!plan_.stage_dy) return OutputsOf(p, block);
    return CopyOutputs(shape_, buffers_.dy, block, group_ * plan_.lane_channels + p.first, p.count,
                       p.width, p.dy);
  }

  TileArgs MakeArgs(const GradientPanel& p) const {
    static constexpr std::array<float, kMaxTileRows> kNoBias{};
    TileArgs args{};
    args.bias = kNoBias.data();
    args.y_row = args.residual_row = p.width;
    args.tail = op_.lanes;
    args.first = args.last = whole_;
    return args;
  }

  void RunBias(const GradientPanel& p, const OutputBox& block, const Operand& dy) const {
    TileArgs args = MakeArgs(p);
    args.a = &kOne;
    args.b = dy.data;
    args.outer = block.n.size(), args.b_outer = dy.image;
    args.inner = block.h.size(), args.b_inner = dy.row;
    args.len = block.w.size(), args.b_k = dy.column;
    args.y = p.bias_chains;
    op_.tiles->pixels.tile[p.vecs][1](args);
  }

  // All the task's taps of some channels; h and w are the geometry of x as it lies there. For each
  // few channels all taps follow each other, whose inputs are about the same.
  void RunTaps(const GradientPanel& p, const OutputBox& block, const Operand& x, const Axis& h,
               const Axis& w, const Operand& dy, int64_t ic, int64_t channels) const {
    if (tap_rows_) return RunTapRows(p, block, x, h, w, dy, ic);
    constexpr int64_t kTaps = 16;
    std::array<TileArgs, kTaps> taps;
    const EvenSplit rows(channels, op_.tiles->pixels.max_rows[p.vecs]);
    for (int64_t first = 0; first < taps_; first += kTaps) {
      size_t count = 0;
      for (int64_t tap = first; tap < std::min(first + kTaps, taps_); ++tap) {
        if (TileArgs& args = taps[count]; SetTap(p, block, x, h, w, dy, tap_begin_ + tap, args)) {
          args.y = p.chains + (ic * taps_ + tap) * p.width;
          if (direct()) {
            args.y = RowOfWeights(p, ic);
            args.y_row = plan_.lane_channels;
            args.tail = static_cast<int>(p.count - (p.vecs - 1) * op_.lanes);
          }
          ++count;
        }
      }
      for (int64_t i = 0; i < rows.parts; ++i) {
        const int64_t height = rows.Begin(i + 1) - rows.Begin(i);
        const TileFn tile = op_.tiles->pixels.tile[p.vecs][height];
        for (TileArgs& args : std::span(taps).first(count)) {
          tile(args);
          args.a += height;
          args.y += height * args.y_row;
        }
      }
    }
  }

  // All the task's kernel rows of one channel, over all outputs.
  void RunTapRows(const GradientPanel& p, const OutputBox& block, const Operand& x, const Axis& h,
                  const Axis& w, const Operand& dy, int64_t ic) const {
    const EvenSplit rows(w.kernel, op_.tiles->pixels.max_rows[p.vecs]);
    TileArgs args = MakeArgs(p);
    args.outer = block.n.size(), args.a_outer = x.image, args.b_outer = dy.image;
    args.inner = block.h.size(), args.a_inner = h.stride * x.row, args.b_inner = dy.row;
    args.len = block.w.size(), args.a_k = w.stride, args.b_k = dy.column;
    args.b = dy.data;
    for (int64_t tap = 0; tap < taps_; tap += w.kernel) {
      const float* const from = x.data + h.Position(0, (tap_begin_ + tap) / w.kernel) * x.row;
      for (int64_t i = 0; i < rows.parts; ++i) {
        const int64_t kw = rows.Begin(i);
        args.a = from + kw;
        args.y = p.chains + (ic * taps_ + tap + kw) * p.width;
        op_.tiles->pixels.tile[p.vecs][rows.Begin(i + 1) - kw](args);
      }
    }
  }

  // The operands of one tap; false if there is nothing to do.
  bool SetTap(const GradientPanel& p, const OutputBox& block, const Operand& x, const Axis& h,
              const Axis& w, const Operand& dy, int64_t tap, TileArgs& args) const {
    const int64_t kh = tap / w.kernel, kw = tap % w.kernel;
    const OutputBox::Range oh = Shown(op_, shape_.h, kh, block.h),
                           ow = Shown(op_, shape_.w, kw, block.w);
    const bool none = block.n.size() == 0 || oh.size() <= 0 || ow.size() <= 0;
    if (none && !whole_) return false;
    args = MakeArgs(p);
    args.y_row = taps_ * p.width;
    if (!none) {  // else there may be no such input
      args.a = x.data + h.Position(oh.begin, kh) * x.row + w.Position(ow.begin, kw) * x.column;
      args.b = dy.data + oh.begin * dy.row + ow.begin * dy.column;
      args.outer = block.n.size(), args.inner = oh.size(), args.len = ow.size();
    }
    args.a_outer = x.image, args.b_outer = dy.image;
    args.a_inner = WrappedProduct(h.stride, x.row), args.b_inner = dy.row;
    args.a_k = WrappedProduct(w.stride, x.column), args.b_k = dy.column;
    JoinRows(args);
    return true;
  }

  // Rows without a gap between them are one.
  static void JoinRows(TileArgs& args) {
    if (args.inner <= 1 || args.a_inner != args.len * args.a_k ||
        args.b_inner != args.len * args.b_k) {
      return;
    }
    args.len *= args.inner;
    args.inner = 1;
  }

  const GradientTilesPlan& plan_;
  const GradientShape& shape_;
  const ConvOp& op_;
  GradientBuffers buffers_;
  const BoxCut chunks_;
  const EvenSplit vectors_;
  float* const scratch_;
  int64_t group_, panel_begin_, panel_end_, tap_begin_, taps_;
  bool has_bias_, tap_rows_;
  bool whole_ = false;  // whether a tile does all of its sums at once
};

}  // namespace

void GradientTilesPlan::Run(const GradientBuffers& buffers) const {
  const int64_t bytes = ScratchBytes();
  RunTasks(shape.threads, tasks(), [&](int64_t i, int64_t slot) {
    Task(*this, buffers, i, reinterpret_cast<float*>(buffers.scratch + slot * bytes)).Run();
  });
}

}  // namespace windrow::internal
