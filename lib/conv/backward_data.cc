#include "lib/conv/backward_data.h"

#include <algorithm>

#include "lib/base/parallel.h"
#include "lib/conv/scalar.h"

namespace windrow::internal {
namespace {

// As far as taps reach: what is past that has no gradient.
Axis Padded(Axis axis) {
  axis.in = axis.Position(axis.out - 1, axis.kernel - 1) + axis.before + 1;
  axis.before = 0;
  return axis;
}

// The same call for one image of padded inputs, which lie like those of x.
TransposedCall PaddedCall(const TransposedCall& call, int64_t channels) {
  TransposedCall padded = call;
  Geometry& g = padded.geometry;
  g = {1, Padded(g.h), Padded(g.w)};
  padded.xs = call.xs.c == 1 ? Strides{0, 1, SaturatedProduct({g.w.in, channels}), channels}
                             : Strides{0, SaturatedProduct({g.h.in, g.w.in}), g.w.in, 1};
  return padded;
}

int64_t ImageBytes(const TransposedCall& padded, int64_t channels) {
  const Geometry& g = padded.geometry;
  return RoundUp(SaturatedProduct({g.h.in, g.w.in, channels, int64_t{sizeof(float)}}),
                 int64_t{kAlignment});
}

// Adds up some channels of an image.
void Fold(const TransposedCall& padded, const TransposedCall& call, PaddingMode mode,
          int64_t channel, int64_t channels, int64_t n) {
  const Axis &h = call.geometry.h, &w = call.geometry.w;
  float* const x = call.x + n * call.xs.n + channel * call.xs.c;
  const float* const from = padded.x + channel * padded.xs.c;
  const auto visit = [&](const auto& f) {
    for (int64_t ih = 0; ih < h.in; ++ih) {
      for (int64_t iw = 0; iw < w.in; ++iw) {
        for (int64_t c = 0; c < channels; ++c)
          f(x[ih * call.xs.h + iw * call.xs.w + c * call.xs.c]);
      }
    }
  };
  visit([](float& v) { v = 0.0f; });
  for (int64_t ph = 0; ph < padded.geometry.h.in; ++ph) {
    const int64_t ih = h.Source(ph - h.before, mode);
    for (int64_t pw = 0; pw < padded.geometry.w.in; ++pw) {
      const int64_t iw = w.Source(pw - w.before, mode);
      float* const to = x + ih * call.xs.h + iw * call.xs.w;
      const float* const pixel = from + ph * padded.xs.h + pw * padded.xs.w;
      for (int64_t c = 0; c < channels; ++c) to[c * call.xs.c] += pixel[c * padded.xs.c];
    }
  }
  visit([](float& v) { v = Finish(v); });
}

}  // namespace

BackwardData::BackwardData(const ConvOp& op, const float* weights, const PlannerOptions& options)
    : channels_(op.in_channels),
      mode_(op.mode),
      transposed_(WithoutEpilogue(op), weights, {}, options) {}

void BackwardData::Run(const TransposedCall& call, std::span<std::byte> workspace) {
  if (!folds()) return transposed_.Run(call, workspace);
  TransposedCall padded = PaddedCall(call, channels_);
  const int64_t bytes = ImageBytes(padded, channels_);
  const WorkspacePool::Lease lease(pool_, workspace.empty() ? bytes : 0);
  if (workspace.empty()) {
    padded.x = reinterpret_cast<float*>(lease.data());
  } else {
    std::byte* const image = PlaceWorkspace(workspace, bytes, 1);
    padded.x = reinterpret_cast<float*>(image);
    workspace = workspace.subspan(static_cast<size_t>(image - workspace.data() + bytes));
  }
  constexpr int64_t kChannels = 64;  // of a task
  const int64_t tasks = CeilDiv(channels_, kChannels);
  const int64_t pixels = SaturatedProduct({padded.geometry.h.in, padded.geometry.w.in, channels_});
  const int threads = pixels >= kMinParallelWork ? MaxThreads() : 1;
  for (int64_t n = 0; n < call.geometry.n; ++n) {
    padded.y = call.y + n * call.ys.n;
    transposed_.Run(padded, workspace);
    RunTasks(threads, tasks, [&](int64_t task, int64_t) {
      const int64_t first = task * kChannels;
      Fold(padded, call, mode_, first, std::min(kChannels, channels_ - first), n);
    });
  }
}

size_t BackwardData::WorkspaceBytes(const TransposedCall& call, int threads) const {
  if (!folds()) return transposed_.WorkspaceBytes(call, threads);
  const TransposedCall padded = PaddedCall(call, channels_);
  const size_t image = internal::WorkspaceBytes(ImageBytes(padded, channels_));
  return image + transposed_.WorkspaceBytes(padded, threads);
}

Explanation BackwardData::Explain(const TransposedCall& call) const {
  if (!folds()) return transposed_.Explain(call);
  Explanation e = transposed_.Explain(PaddedCall(call, channels_));
  e.tile += ", then padding added to what it copies";
  return e;
}

}  // namespace windrow::internal
