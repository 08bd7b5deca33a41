// A plane without padding, its rows end to end, is copied to a buffer and convolved as if it were a
// single row, in which the taps of output i are in[i + kh * pitch + kw] (without dilation):
//
//   for each image and input plane: copy it to `in`
//     for each output plane: a few tiles of one row from `in` to `out`; the rows of y from `out`
//
// What is computed between the end of one row and the start of the next is dropped. Everything fits
// the stack, and next to nothing is planned: a call costs little more than its multiply-adds.
#include "lib/conv/planar_flat.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "lib/base/error.h"
#include "lib/base/parallel.h"
#include "lib/conv/band_axis.h"

namespace windrow::internal {
namespace {

constexpr int64_t kMaxFloats = 256;  // of a padded plane
constexpr int64_t kMaxTaps = 32;
constexpr int64_t kMaxLanes = 64;  // of any target this runs on

// Of outputs, as one row.
int64_t Vectors(const ConvShape& call) {
  const int64_t pitch = Covered(call.w, call.w.out);
  return CeilDiv((call.h.out - 1) * pitch + call.w.out, call.op->lanes);
}

// Whether all of x is seen, without padding, and its rows lie end to end.
bool InOnePiece(const ConvShape& call) {
  const auto all = [](const Axis& a) { return a.before == 0 && Covered(a, a.out) == a.in; };
  return all(call.h) && all(call.w) && call.xs.h == call.w.in;
}

class Flat {
 public:
  Flat(const ConvShape& call, const ConvBuffers& buffers)
      : call_(call),
        buffers_(buffers),
        op_(*call.op),
        rows_(Covered(call.h, call.h.out)),
        pitch_(Covered(call.w, call.w.out)),
        vectors_(Vectors(call)),
        tiles_(vectors_, op_.tiles->planar.shared.max_vecs) {
    op_.SetClamp(args_);
    args_.rows = &in_row_;
    args_.row_stride = args_.row_dilation = 1;
    args_.columns = columns_.data();
    args_.kernel_h = 1;
    args_.kernel_w = call.h.kernel * call.w.kernel;
    args_.tiles = 1;
    size_t tap = 0;
    for (int64_t kh = 0; kh < call.h.kernel; ++kh) {
      for (int64_t kw = 0; kw < call.w.kernel; ++kw) {
        columns_[tap++] = kh * call.h.dilation * pitch_ + kw * call.w.dilation;
      }
    }
    // The lanes past the last output read as much.
    std::fill_n(in_.data() + rows_ * pitch_, op_.lanes, 0.0f);
    if (buffers.residual != nullptr) std::fill_n(out_.data(), vectors_ * op_.lanes, 0.0f);
  }

  void Run() {
    for (int64_t n = 0; n < call_.n; ++n) {
      for (int64_t channel = 0; channel < op_.in_channels; ++channel) {
        CopyIn(n, channel);
        for (int64_t m = 0; m < op_.group_out(); ++m) RunPlane(n, channel * op_.group_out() + m);
      }
    }
  }

 private:
  void CopyIn(int64_t n, int64_t channel) {
    std::memcpy(in_.data(), buffers_.x + n * call_.xs.n + channel * call_.xs.c,
                static_cast<size_t>(rows_ * pitch_) * sizeof(float));
  }

  void RunPlane(int64_t n, int64_t out_channel) {
    args_.weights = call_.weights->oihw() + out_channel * args_.kernel_w;
    args_.bias = call_.weights->bias() + out_channel;
    if (buffers_.residual != nullptr) {
      op_.tiles->copy_rows(buffers_.residual + n * call_.rs.n + out_channel * call_.rs.c,
                           call_.rs.h, call_.h.out, call_.w.out, out_.data(), pitch_);
    }
    for (int64_t i = 0; i < tiles_.parts; ++i) {
      const int64_t vec = tiles_.Begin(i);
      args_.column = vec * op_.lanes;
      args_.y = out_.data() + args_.column;
      if (buffers_.residual != nullptr) args_.residual = args_.y;
      op_.tiles->planar.shared.tile[tiles_.Begin(i + 1) - vec][1](args_);
    }
    op_.tiles->copy_rows(out_.data(), pitch_, call_.h.out, call_.w.out,
                         buffers_.y + n * call_.ys.n + out_channel * call_.ys.c, call_.ys.h);
  }

  const ConvShape& call_;
  const ConvBuffers& buffers_;
  const ConvOp& op_;
  const int64_t rows_, pitch_;  // of the padded plane
  const int64_t vectors_;
  const EvenSplit tiles_;
  PlanarArgs args_{};
  std::array<ptrdiff_t, kMaxTaps> columns_;
  alignas(kAlignment) std::array<float, kMaxFloats + kMaxLanes> in_, out_;
  const float* const in_row_ = in_.data();
};

bool Fits(const ConvShape& call) {
  if (!InOnePiece(call) || call.threads > 1 || call.h.stride != 1 || call.w.stride != 1)
    return false;
  if (call.h.out > kMaxFloats || call.w.out > kMaxFloats) return false;
  return SaturatedProduct({Covered(call.h, call.h.out), Covered(call.w, call.w.out)}) <=
             kMaxFloats &&
         call.h.kernel * call.w.kernel <= kMaxTaps;
}

// What a copied row, a tap of a vector, and a row of outputs cost beside each other; and how much
// all of that is, as measured.
double Estimate(const ConvShape& call) {
  const ConvOp& op = *call.op;
  const int64_t vectors = Vectors(call);
  const int64_t taps = call.h.kernel * call.w.kernel;
  constexpr int64_t kInput = 40;
  const int64_t output = vectors * taps + 5 * call.h.out + 10;
  const double image = static_cast<double>(op.in_channels * kInput) +
                       static_cast<double>(op.out_channels) * static_cast<double>(output);
  constexpr double kMeasured = 2.1;
  return 60 + kMeasured * static_cast<double>(call.n) * image;
}

}  // namespace

std::optional<FlatPlan> PlanFlat(const ConvShape& shape) {
  if (!Fits(shape)) return std::nullopt;
  return FlatPlan{shape, Estimate(shape)};
}

void FlatPlan::Run(const ConvBuffers& buffers) const {
  RunTasks(1, 1, [&](int64_t, int64_t) { Flat(shape, buffers).Run(); });
}

std::string FlatPlan::Describe() const {
  const int lanes = shape.op->lanes;
  return StrCat("all rows as 1 of ", Vectors(shape), " vectors of ", lanes,
                lanes == 1 ? " pixel" : " pixels");
}

}  // namespace windrow::internal
