#include "tests/conv/sweeps.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "lib/base/machine.h"
#include "lib/base/math.h"
#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "tests/support/values.h"

namespace windrow::test {

void Append(std::vector<Problem>& all, Problem p) {
  VaryTheRest(p, all.size());
  if (IsValid(p)) all.push_back(p);
}

namespace {

std::vector<Problem> ImageSizes(const Variant&) {
  std::vector<Problem> all;
  for (int64_t h = 1; h <= 20; ++h) {
    for (int64_t w = 1; w <= 20; ++w) {
      const Problem base{.ic = 3, .oc = 9, .ih = h, .iw = w};
      for (const auto& [kernel, stride, dilation, padding] :
           {std::array<int64_t, 4>{3, 1, 1, 1}, {1, 1, 1, 0}, {5, 2, 1, 2}, {3, 1, 2, 2}}) {
        Problem p = base;
        p.kernel = kernel, p.stride = stride, p.dilation = dilation, p.padding = padding;
        Append(all, p);
      }
    }
  }
  return all;
}

std::vector<Problem> ChannelCounts(const Variant&) {
  std::vector<Problem> all;
  for (int64_t ic = 1; ic <= 40; ++ic) {
    for (int64_t oc = 1; oc <= 40; ++oc) {
      Append(all, {.ic = ic, .oc = oc, .ih = 3, .iw = 4, .kernel = 3, .padding = 1});
    }
  }
  return all;
}

// Kernels x strides x dilations x paddings up to more than the kernel.
std::vector<Problem> Kernels(const Variant&) {
  std::vector<Problem> all;
  for (const int64_t k : {1, 2, 3, 4, 5, 6, 7, 11}) {
    for (int64_t s = 1; s <= 4; ++s) {
      for (int64_t d = 1; d <= 3; ++d) {
        for (int64_t pad = 0; pad <= k + 1; ++pad) {
          Problem p{.ic = 2, .oc = 5, .ih = 11, .iw = 12};
          p.kernel = k, p.stride = s, p.dilation = d, p.padding = pad;
          Append(all, p);
          // Each attribute of the width another than the height's.
          p.kernel.w = k % 7 + 1, p.stride.w = s % 4 + 1, p.dilation.w = d % 3 + 1;
          p.padding = Padding(pad, pad / 2);
          Append(all, p);
        }
      }
    }
  }
  return all;
}

std::vector<Problem> Paddings(const Variant&) {
  std::vector<Problem> all;
  for (int mode = 0; mode < 4; ++mode) {
    for (const Size2 kernel : {Size2(1), Size2(3), Size2(2, 5)}) {
      for (const int64_t stride : {1, 2}) {
        Problem p{.ic = 3, .oc = 7, .ih = 6, .iw = 7, .kernel = kernel, .stride = stride};
        p.mode = static_cast<PaddingMode>(mode);
        for (int sides = 0; sides < 81; ++sides) {
          constexpr int64_t kSides[] = {0, 1, 3};
          p.padding = Padding::Sides(kSides[sides % 3], kSides[sides / 3 % 3],
                                     kSides[sides / 9 % 3], kSides[sides / 27]);
          Append(all, p);
        }
        p.padding = Padding::Same();
        for (p.ih = 1; p.ih <= 9; ++p.ih) {
          for (const int64_t dilation : {1, 2, 3}) {
            p.dilation = dilation;
            Append(all, p);
          }
        }
      }
    }
  }
  return all;
}

// Output widths and channel counts about the edges of tiles and vectors; the image tall or wide.
std::vector<Problem> Tiles(const Variant&) {
  std::vector<Problem> all;
  for (const int64_t oc : {15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 127, 128, 129}) {
    for (int64_t w = 1; w <= 30; ++w) {
      for (const int64_t k : {1, 3}) {
        Problem p{.ic = 3, .oc = oc, .ih = 1, .iw = w, .kernel = k, .padding = k / 2};
        if (w % 2 == 0) std::swap(p.ih, p.iw);
        Append(all, p);
      }
    }
  }
  return all;
}

// One output pixel: channels in every number about panels and tiles of them, in a group and in
// some; kernels that see all of the input, or padding too.
std::vector<Problem> OnePixel(const Variant&) {
  std::vector<Problem> all;
  for (int64_t oc = 1; oc <= 130; ++oc) {
    Append(all, {.ic = oc % 7 * 5 + 1, .oc = oc, .ih = 1, .iw = 1});
    for (const int64_t g : {2, 3})
      Append(all, {.g = g, .ic = 4 * g, .oc = oc * g, .ih = 1, .iw = 1});
  }
  for (const int64_t oc : {191, 192, 200, 255, 256, 257, 300, 500, 640, 801, 1100}) {
    Append(all, {.ic = 9, .oc = oc, .ih = 1, .iw = 1});
    Append(all, {.ic = 3, .oc = oc, .ih = 3, .iw = 4, .kernel = Size2(3, 4)});
    Append(all, {.ic = 2, .oc = oc, .ih = 2, .iw = 1, .kernel = 3, .stride = 2, .padding = 1});
    Append(all, {.ic = 2, .oc = oc, .ih = 3, .iw = 3, .kernel = 2, .dilation = 2});
    Append(all, {.ic = 2, .oc = oc, .ih = 1, .iw = 1, .kernel = 2, .stride = 3, .padding = 2});
  }
  return all;
}

// So few outputs that most of them are at an edge, and channels enough that each counts.
std::vector<Problem> SmallMaps(const Variant&) {
  std::vector<Problem> all;
  for (const auto& [kernel, stride, dilation, padding] : {std::array<int64_t, 4>{3, 1, 1, 1},
                                                          {3, 2, 1, 1},
                                                          {5, 1, 1, 2},
                                                          {3, 1, 2, 3},
                                                          {2, 2, 1, 1}}) {
    for (int64_t h = 1; h <= 5; ++h) {
      for (const int64_t w : {h, h + 2}) {
        Problem p{.ic = 13 + 2 * h, .oc = 19 * h - 1, .ih = h, .iw = w};
        p.kernel = kernel, p.stride = stride, p.dilation = dilation, p.padding = padding;
        Append(all, p);
        p.g = 2, p.ic *= 2, p.oc *= 2;
        Append(all, p);
      }
    }
  }
  return all;
}

// 1x1 kernels: one long row of pixels where the strides allow it.
std::vector<Problem> Pointwise(const Variant&) {
  std::vector<Problem> all;
  for (int64_t h = 1; h <= 6; ++h) {
    for (int64_t w = 1; w <= 9; ++w) {
      for (const Gaps gaps : {Gaps::kNone, Gaps::kPixels, Gaps::kRows, Gaps::kImages, Gaps::kAll}) {
        for (int64_t mb = 0; mb <= 3; ++mb) {
          Problem p{.mb = mb, .ic = 7, .oc = 21, .ih = h, .iw = w};
          VaryTheRest(p, all.size());
          p.mb = mb;
          p.gaps = gaps;
          all.push_back(p);
        }
      }
    }
  }
  return all;
}

// So many channels that the weights of one panel and one kernel row take half the L2 cache, and
// the rows of the kernel are done one after the other, with sums waiting in y.
std::vector<Problem> KernelRowBlocks(const Variant& v) {
  const internal::Target target = internal::FindTarget(v.target.name);
  const int64_t lanes = int64_t{target.lanes} * internal::Tiles(target.index, v.fused()).max_vecs;
  const int64_t half_l2 = internal::ThisMachine().l2 / 2 / static_cast<int64_t>(sizeof(float));
  std::vector<Problem> all;
  for (const Residual residual : {Residual::kNone, Residual::kSeparate, Residual::kInPlace}) {
    for (const int64_t pad : {0, 2}) {
      Problem p{.oc = std::max<int64_t>(lanes - 1, 1), .ih = pad == 0 ? 8 : 6, .iw = 6};
      p.kernel = Size2(3, 2);
      p.padding = Padding(pad, 0);
      p.ic = internal::CeilDiv(half_l2, lanes * p.kernel.w) + 1;
      p.bias = true;
      p.residual = residual;
      if (pad != 0) p.epilogue = {.clamp_min = -1.0f, .clamp_max = 6.0f};
      all.push_back(p);
    }
  }
  all.push_back({.ic = 512, .oc = 64, .ih = 7, .iw = 7, .kernel = 3, .padding = 1});
  for (const Residual residual : {Residual::kNone, Residual::kSeparate, Residual::kInPlace}) {
    all.push_back({.ic = 300, .oc = 50, .ih = 9, .iw = 11});
    all.back().residual = residual;
  }
  return all;
}

// Images whose copies do not fit the caches, so that they are done in blocks of rows and columns.
std::vector<Problem> Blocks(const Variant&) {
  const int64_t l2 = internal::ThisMachine().l2 / static_cast<int64_t>(sizeof(float));
  std::vector<Problem> all;
  for (const auto& [ih, oc, stride, mode] :
       {std::tuple<int64_t, int64_t, int64_t, PaddingMode>{60, 5, 1, PaddingMode::kZeros},
        {61, 2, 2, PaddingMode::kReflect},
        {3, 7, 1, PaddingMode::kCircular},
        {2, 1, 1, PaddingMode::kReplicate},
        {45, 20, 1, PaddingMode::kZeros}}) {
    Problem p{.ic = 12, .oc = oc, .ih = ih, .kernel = 3, .stride = stride, .padding = 1};
    p.mode = mode;
    p.iw = l2 / (p.ic * ih) + 5;
    Append(all, p);
  }
  // A row of pixels of a few outputs, longer than is done at a time.
  for (int64_t oc = 1; oc <= 4; ++oc) Append(all, {.ic = 19, .oc = oc, .ih = 71, .iw = 131});
  return all;
}

// An algorithm for problems of one kind: the sweep of them, and those that have some.
struct Special {
  std::string_view algorithm, home;
  std::vector<std::string_view> some;
};

const std::vector<Special>& Specials() {
  static const std::vector<Special> all = {
      {"pointwise",
       "Pointwise",
       {"ImageSizes", "Kernels", "Paddings", "Tiles", "OnePixel", "SmallGroups", "Blocks",
        "Random1", "Random2"}},
      {"depthwise", "Depthwise", {"DepthwiseBlocks", "Groups", "Random1", "Random2"}},
      {"planar",
       "Planes",
       {"PlaneBatches", "SmallPlanes", "WidePlanes", "LargePlane", "Depthwise", "Groups", "Random1",
        "Random2"}},
  };
  return all;
}

}  // namespace

Takes TakesOf(const Variant& variant, std::string_view sweep) {
  const std::string_view algorithm = variant.algorithm;
  for (const Special& s : Specials()) {
    if (s.algorithm != algorithm) continue;
    // (Pixels go through planes, but not with all paddings.)
    const bool all = algorithm != "planar" || variant.layout == Layout::kNchw;
    if (s.home == sweep) return all ? Takes::kAll : Takes::kSome;
    return std::find(s.some.begin(), s.some.end(), sweep) == s.some.end() ? Takes::kNone
                                                                          : Takes::kSome;
  }
  if (algorithm == "direct" && sweep.starts_with("Depthwise")) return Takes::kNone;
  return sweep == "Channels" ? Takes::kAll : Takes::kSome;
}

std::vector<Sweep> Sweeps() {
  std::vector<Sweep> all = {
      {"ImageSizes", ImageSizes},
      {"Channels", ChannelCounts},
      {"Kernels", Kernels},
      {"Paddings", Paddings},
      {"Blocks", Blocks},
      {"Tiles", Tiles},
      {"OnePixel", OnePixel},
      {"SmallMaps", SmallMaps},
      {"Pointwise", Pointwise},
      {"KernelRowBlocks", KernelRowBlocks},
      {"Random1", [](const Variant&) { return RandomProblems(1, 1500, 60'000); }},
      {"Random2", [](const Variant&) { return RandomProblems(2, 40, 2'000'000); }},
  };
  const std::vector<Sweep> groups = GroupSweeps();
  all.insert(all.end(), groups.begin(), groups.end());
  return all;
}

}  // namespace windrow::test
