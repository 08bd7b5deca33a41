// Sweeps of problems in groups: of few channels, of one, and of planes with one input channel.
#include <algorithm>
#include <array>
#include <utility>

#include "lib/base/machine.h"
#include "lib/base/math.h"
#include "lib/conv/cost.h"
#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "tests/conv/sweeps.h"

namespace windrow::test {
namespace {

// Grouped and, where a group has one input channel, depthwise.
std::vector<Problem> Groups(const Variant&) {
  std::vector<Problem> all;
  for (const int64_t g : {2, 3, 4, 5, 8, 16, 17, 33}) {
    for (const int64_t in : {1, 2, 3, 9}) {
      for (const int64_t out : {1, 2, 3, 4, 8, 17}) {
        for (const int64_t stride : {1, 2}) {
          if (g * in * out > 1200) continue;
          Append(all, {.g = g,
                       .ic = g * in,
                       .oc = g * out,
                       .ih = 5,
                       .iw = 6,
                       .kernel = 3,
                       .stride = stride,
                       .padding = 1});
        }
      }
    }
  }
  return all;
}

// One channel a group, in numbers about the multiples of a vector.
std::vector<Problem> Depthwise(const Variant&) {
  std::vector<Problem> all;
  for (const int64_t channels : {2,  3,  4,  5,  7,  8,  9,  12, 15, 16, 17, 23, 24, 25,  31,
                                 32, 33, 40, 47, 48, 49, 63, 64, 65, 79, 80, 81, 96, 128, 131}) {
    for (const int64_t kernel : {1, 2, 3, 5}) {
      for (const int64_t stride : {1, 2}) {
        for (const int64_t size : {5, 9, 14}) {
          Append(all, {.g = channels,
                       .ic = channels,
                       .oc = channels,
                       .ih = size,
                       .iw = 14 - size / 2,
                       .kernel = kernel,
                       .stride = stride,
                       .padding = kernel / 2});
        }
      }
    }
  }
  return all;
}

// Every size of a block of pixels, at every edge, in every mode; whole vectors and a rest.
std::vector<Problem> DepthwiseBlocks(const Variant& v) {
  const int64_t lanes = internal::FindTarget(v.target.name).lanes;
  std::vector<Problem> all;
  for (const int64_t kernel : {3, 5}) {
    for (const int64_t stride : {1, 2}) {
      for (int64_t h = 1; h <= 9; ++h) {
        for (int64_t w = 1; w <= 9; ++w) {
          const auto index = static_cast<int64_t>(all.size());
          const int64_t channels = std::max<int64_t>(2, 2 * lanes + index % 3);
          Problem p{
              .g = channels, .ic = channels, .oc = channels, .kernel = kernel, .stride = stride};
          p.mode = static_cast<PaddingMode>(index % 4);
          p.padding = Padding::Sides(index % 3, index / 3 % 3, index / 9 % 3, index / 27 % 3);
          p.ih = std::max<int64_t>((h - 1) * stride + kernel - p.padding.top() - p.padding.bottom(),
                                   1);
          p.iw = std::max<int64_t>((w - 1) * stride + kernel - p.padding.left() - p.padding.right(),
                                   1);
          if (index % 5 == 0) p.values = Values::kNonFinite;
          Append(all, p);
        }
      }
    }
  }
  // More channels than one task takes, and a rest.
  for (const int64_t channels : {1023, 1025, 2051}) {
    Append(all, {.g = channels,
                 .ic = channels,
                 .oc = channels,
                 .ih = 5,
                 .iw = 5,
                 .kernel = 3,
                 .padding = 1});
  }
  return all;
}

// One input channel a group: tiles of every size, all strides and dilations, some outputs a group.
std::vector<Problem> Planes(const Variant& v) {
  const int64_t lanes = internal::FindTarget(v.target.name).lanes;
  std::vector<Problem> all;
  const auto append = [&](Problem p) {
    const auto index = static_cast<int64_t>(all.size());
    p.ic = p.g;
    p.oc = p.g * (index % 4 == 0 ? 3 : 1);
    p.mode = static_cast<PaddingMode>(index % 4);
    Append(all, p);
  };
  for (const int64_t kernel : {1, 2, 3, 5, 7}) {
    for (int64_t h = 1; h <= 13; h += 1 + h / 7) {
      for (int64_t vecs = 0; vecs <= 5; ++vecs) {
        for (int64_t rest = -1; rest <= 1; ++rest) {
          Problem p{.g = 1 + h % 2, .ih = h, .iw = vecs * lanes + rest};
          p.kernel = kernel, p.padding = kernel / 2;
          if (all.size() % 6 == 0) p.ih += 256;  // too large for planar_flat.cc
          if (p.iw > 0) append(p);
        }
      }
    }
  }
  for (int64_t kh = 1; kh <= 4; ++kh) {
    for (int64_t kw = 1; kw <= 4; ++kw) {
      for (int64_t stride = 1; stride <= 4; ++stride) {
        for (int64_t dilation = 1; dilation <= 3; ++dilation) {
          Problem p{.g = 2, .ih = 14, .iw = 33, .kernel = Size2(kh, kw), .stride = stride};
          p.dilation = dilation, p.padding = Padding(kh % 3, kw % 2);
          append(p);
          p.stride.w = stride % 2 + 1, p.dilation.h = 1, p.padding = Padding(dilation, 0);
          append(p);
        }
      }
    }
  }
  return all;
}

// Planes about as large as are convolved as a single row.
std::vector<Problem> SmallPlanes(const Variant&) {
  std::vector<Problem> all;
  for (const Size2 kernel : {Size2(1), Size2(1, 2), Size2(3), Size2(2, 5), Size2(5), Size2(4, 8),
                             Size2(3, 11), Size2(32, 1)}) {
    for (const auto& [h, w] : {std::array<int64_t, 2>{1, 1},
                               {1, 16},
                               {6, 8},
                               {7, 7},
                               {14, 14},
                               {16, 16},
                               {15, 17},
                               {1, 256},
                               {256, 1},
                               {257, 1},
                               {2, 128}}) {
      for (int64_t padding = 0; padding < 4; ++padding) {
        for (int mode = 0; mode < 4; ++mode) {
          const auto index = static_cast<int64_t>(all.size());
          Problem p{.g = 1 + index % 3, .ih = h, .iw = w, .kernel = kernel};
          p.ic = p.g;
          p.oc = p.g * (1 + index % 2);
          p.padding = Padding::Sides(padding, index % 2, index % 3, padding);
          p.mode = static_cast<PaddingMode>(mode);
          p.dilation = Size2(1 + index / 5 % 2, 1 + index / 7 % 2);
          if (index % 5 == 0) p.values = Values::kNonFinite;
          Append(all, p);
        }
      }
    }
  }
  return all;
}

// Planes that are copied some at a time, and such as are copied some rows at a time.
std::vector<Problem> PlaneBatches(const Variant& v) {
  const int64_t lanes = internal::FindTarget(v.target.name).lanes;
  std::vector<Problem> all;
  const auto append = [&](int64_t h, int64_t w, int64_t kernel, int64_t stride, int64_t groups) {
    const auto index = static_cast<int64_t>(all.size());
    const int64_t pad = index % (kernel / 2 + 2);
    Problem p{.mb = 1 + index / 3 % 2, .g = groups, .kernel = kernel, .stride = stride};
    p.ic = p.g;
    p.oc = p.g * (index % 7 == 0 ? 2 : 1);
    p.padding = Padding::Sides(pad, kernel / 2, index / 5 % 3, pad);
    p.ih = std::max<int64_t>((h - 1) * stride + kernel - p.padding.top() - p.padding.bottom(), 1);
    p.iw = std::max<int64_t>((w - 1) * stride + kernel - p.padding.left() - p.padding.right(), 1);
    if (index % 3 == 0) p.mode = static_cast<PaddingMode>(index / 3 % 4);
    if (index % 5 == 1) p.residual = index % 2 == 0 ? Residual::kSeparate : Residual::kInPlace;
    p.bias = index % 2 == 0;
    if (index % 4 == 1) p.epilogue = {.clamp_min = 0.0f, .clamp_max = 6.0f};
    if (index % 5 == 0) p.values = Values::kNonFinite;
    Append(all, p);
  };
  for (const int64_t kernel : {3, 5}) {
    for (const int64_t stride : {1, 2}) {
      for (const int64_t h : {1, 2, 3, 4, 5, 7, 10}) {
        for (const int64_t w : {int64_t{1}, int64_t{2}, int64_t{4}, int64_t{7}, lanes - 1, lanes,
                                lanes + 1, 2 * lanes, 2 * lanes + 3}) {
          if (w > 0) append(h, w, kernel, stride, 3 + static_cast<int64_t>(all.size()) % 19);
        }
      }
      append(31, 57, kernel, stride, 1);
      append(70, 64, kernel, stride, 2);
      append(200, 9, kernel, stride, 2);
    }
  }
  return all;
}

// Planes so wide that their inside is read in place and their edges copied.
std::vector<Problem> WidePlanes(const Variant& v) {
  const int64_t lanes = internal::FindTarget(v.target.name).lanes;
  std::vector<Problem> all;
  for (const Size2 kernel : {Size2(1), Size2(3), Size2(5), Size2(2, 7)}) {
    for (const int64_t vecs : {11, 12, 13, 17, 40}) {
      for (const int64_t pad : {0, 1, 3}) {
        for (int mode = 0; mode < 4; ++mode) {
          Problem p{.g = 2, .ic = 2, .oc = 2, .ih = 7, .iw = vecs * lanes + mode * 5};
          p.kernel = kernel, p.padding = pad, p.mode = static_cast<PaddingMode>(mode);
          p.dilation.w = pad == 3 ? 2 : 1;
          Append(all, p);
        }
      }
    }
  }
  // Strided, and so all copied, in more than one stretch.
  Append(all, {.ih = 5, .iw = 1500, .kernel = 3, .stride = 2, .padding = 1});
  return all;
}

// An output that is written past the caches.
std::vector<Problem> LargePlane(const Variant&) {
  constexpr int64_t kWidth = 4096;
  Problem p{.iw = kWidth, .kernel = 3, .padding = 1, .bias = true};
  p.ih = internal::StreamBytes(internal::ThisMachine()) / kWidth /
             static_cast<int64_t>(sizeof(float)) +
         1;
  // Pixels, of a reduction of one step.
  Problem pixels{.oc = 64, .iw = kWidth / 64, .kernel = 1, .bias = true};
  pixels.ih = p.ih;
  return {p, pixels};
}

// Groups of fewer channels than a vector has lanes, and of so many that their bands are staggered.
std::vector<Problem> SmallGroups(const Variant&) {
  std::vector<Problem> all;
  for (const int64_t g : {2, 3, 8, 32}) {
    for (const int64_t in : {2, 4, 8}) {
      for (const int64_t out : {2, 4, 8, 16}) {
        for (const int64_t kernel : {1, 3}) {
          Problem p{.g = g, .ic = g * in, .oc = g * out, .ih = 6, .iw = 14 + out % 3};
          p.kernel = kernel;
          p.padding = kernel / 2;
          Append(all, p);
        }
      }
    }
  }
  for (const int64_t g : {2, 3}) {
    for (const int64_t padding : {0, 1}) {
      Append(
          all,
          {.g = g, .ic = g * 256, .oc = g * 3, .ih = 5, .iw = 6, .kernel = 3, .padding = padding});
    }
  }
  return all;
}

// Kernels three rows high and at most a vector of outputs a group: tiles of every size, alone and
// in a row, all kinds of padding, and bands of the largest numbers of rows and channels.
std::vector<Problem> Rolling(const Variant& v) {
  const int64_t lanes = internal::FindTarget(v.target.name).lanes;
  std::vector<Problem> all;
  for (int64_t h = 2; h <= 7; ++h) {
    for (int64_t w = 2; w <= 2 * internal::kMaxRollingColumns + 2; ++w) {
      for (const int64_t kernel : {1, 2, 3, 5}) {
        const auto index = static_cast<int64_t>(all.size());
        Problem p{.g = 1 + index % 3, .iw = w, .kernel = Size2(3, kernel)};
        p.ic = p.g * (1 + index % 5);
        p.oc = p.g * std::min(lanes, 1 + index % 19);
        p.padding = Padding::Sides(index % 3, index / 3 % 3, index / 2 % 4, index / 5 % 4);
        p.ih = std::max<int64_t>(h + 2 - index % 3 - index / 3 % 3, 1);
        p.mode = static_cast<PaddingMode>(index / 7 % 4);
        p.stride.w = 1 + index / 11 % 2;
        p.dilation.w = 1 + index / 13 % 2;
        if (index % 5 == 0) p.values = Values::kNonFinite;
        Append(all, p);
      }
    }
  }
  for (const int64_t ic : {1, 255, 256, 257}) {
    Append(all, {.ic = ic, .oc = lanes, .ih = 6, .iw = 9, .kernel = 3, .padding = 1});
  }
  for (const int64_t ih : {255, 256, 257, 258, 600}) {
    Append(all, {.g = 2, .ic = 4, .oc = 2, .ih = ih, .iw = 3, .kernel = 3, .padding = 1});
  }
  for (const int64_t kernel : {16, 17}) {
    Append(all, {.ic = 2, .oc = lanes, .ih = 6, .iw = 20, .kernel = Size2(3, kernel)});
  }
  return all;
}

}  // namespace

std::vector<Sweep> GroupSweeps() {
  return {
      {"Groups", Groups},           {"SmallGroups", SmallGroups},
      {"Depthwise", Depthwise},     {"DepthwiseBlocks", DepthwiseBlocks},
      {"Planes", Planes},           {"WidePlanes", WidePlanes},
      {"LargePlane", LargePlane},   {"Rolling", Rolling},
      {"SmallPlanes", SmallPlanes}, {"PlaneBatches", PlaneBatches},
  };
}

}  // namespace windrow::test
