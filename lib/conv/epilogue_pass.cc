// One call of a kernel for as many outputs as lie evenly: the channels of pixels, or the pixels of
// a plane's rows. Where neither are contiguous they go through a buffer.
#include "lib/conv/epilogue_pass.h"

#include <algorithm>
#include <cstddef>

namespace windrow::internal {
namespace {

class Pass {
 public:
  Pass(const ConvOp& op, const PassCall& call)
      : op_(op), call_(call), channels_(op.out_channels), scaled_(op.has_scale()) {
    const auto which = static_cast<size_t>(op.epilogue.activation);
    run_ = (scaled_ ? op.epilogue_kernels->scaled : op.epilogue_kernels->activation)[which];
    args_.clamp_min = op.epilogue.clamp_min;
    args_.clamp_max = op.epilogue.clamp_max;
    args_.slope = op.epilogue.negative_slope;
  }

  void Run() {
    const bool pixels = All([&](const Strides& s) { return s.c == 1 || channels_ == 1; });
    const bool planes = All([&](const Strides& s) { return s.w == 1 || call_.columns == 1; });
    for (int64_t n = 0; n < call_.images; ++n) {
      if (pixels && (!planes || channels_ >= call_.columns)) {
        RunPixels(n);
      } else if (planes) {
        RunPlanes(n);
      } else {
        RunElements(n);
      }
    }
  }

 private:
  // Whether that is true of all strides in use.
  template <typename F>
  bool All(const F& is) const {
    return is(call_.fs) && is(call_.ys) && (call_.residual == nullptr || is(call_.rs));
  }

  // From an output on; `pitch` is the distance of a kernel's rows.
  void RunFrom(int64_t n, int64_t channel, int64_t row, ptrdiff_t Strides::*pitch) {
    const auto at = [&](const Strides& s) { return n * s.n + channel * s.c + row * s.h; };
    args_.from = call_.from + at(call_.fs);
    args_.from_row = call_.fs.*pitch;
    args_.y = call_.y + at(call_.ys);
    args_.y_row = call_.ys.*pitch;
    args_.residual = call_.residual == nullptr ? nullptr : call_.residual + at(call_.rs);
    args_.residual_row = call_.rs.*pitch;
    run_(args_);
  }

  void RunPixels(int64_t n) {
    int64_t lines = call_.rows;
    args_.rows = call_.columns;
    args_.count = channels_;
    args_.scale_each = true;
    args_.scale = op_.epilogue.scale.data();
    if (call_.columns == 1) {  // whose distance means nothing
      args_.rows = call_.rows;
      return RunFrom(n, 0, 0, &Strides::h);
    }
    if (All([&](const Strides& s) { return s.h == s.w * call_.columns; })) {
      args_.rows *= lines;
      lines = 1;
    }
    if (!scaled_ && All([&](const Strides& s) { return s.w == channels_; })) {
      args_.count *= args_.rows;
      args_.rows = 1;
    }
    for (int64_t row = 0; row < lines; ++row) RunFrom(n, 0, row, &Strides::w);
  }

  void RunPlanes(int64_t n) {
    int64_t planes = channels_;
    args_.rows = call_.rows;
    args_.count = call_.columns;
    args_.scale_each = false;
    if (All([&](const Strides& s) { return s.h == call_.columns; })) {
      args_.count *= args_.rows;
      args_.rows = 1;
      if (!scaled_ && All([&](const Strides& s) { return s.c == args_.count; })) {
        args_.count *= planes;
        planes = 1;
      }
    }
    for (int64_t channel = 0; channel < planes; ++channel) {
      if (scaled_) args_.scale = op_.epilogue.scale.data() + channel;
      RunFrom(n, channel, 0, &Strides::h);
    }
  }

  void RunElements(int64_t n) {
    for (int64_t channel = 0; channel < channels_; ++channel) {
      if (scaled_) args_.scale = op_.epilogue.scale.data() + channel;
      for (int64_t row = 0; row < call_.rows; ++row) {
        for (int64_t column = 0; column < call_.columns; column += kChunk) {
          RunChunk({n, channel, row, column}, std::min(kChunk, call_.columns - column));
        }
      }
    }
  }

  struct Output {
    int64_t n, channel, row, column;
  };

  void RunChunk(const Output& first, int64_t count) {
    float outputs[kChunk], residuals[kChunk];
    const auto at = [&](const Strides& s) {
      return first.n * s.n + first.channel * s.c + first.row * s.h + first.column * s.w;
    };
    const auto gather = [&](const float* from, const Strides& s, float* to) {
      for (int64_t i = 0; i < count; ++i) to[i] = from[at(s) + i * s.w];
    };
    gather(call_.from, call_.fs, outputs);
    if (call_.residual != nullptr) gather(call_.residual, call_.rs, residuals);
    args_.rows = 1;
    args_.count = count;
    args_.scale_each = false;
    args_.from = args_.y = outputs;
    args_.residual = call_.residual == nullptr ? nullptr : residuals;
    run_(args_);
    for (int64_t i = 0; i < count; ++i) call_.y[at(call_.ys) + i * call_.ys.w] = outputs[i];
  }

  static constexpr int64_t kChunk = 256;

  const ConvOp& op_;
  const PassCall& call_;
  const int64_t channels_;
  const bool scaled_;
  EpilogueFn run_;
  EpilogueArgs args_{};
};

}  // namespace

void RunPass(const ConvOp& op, const PassCall& call) { Pass(op, call).Run(); }

}  // namespace windrow::internal
