#include "lib/conv/registry.h"

#include "lib/base/error.h"
#include "lib/conv/depthwise.h"
#include "lib/conv/direct.h"
#include "lib/conv/im2col.h"
#include "lib/conv/planar.h"
#include "lib/conv/pointwise.h"
#include "lib/conv/reference.h"
#include "windrow/conv2d.h"

namespace windrow {
namespace internal {
namespace {

constexpr ConvAlgorithm kAlgorithms[] = {
    {"pointwise", "the register tile on 1x1 kernels, nothing copied", RefusePointwise,
     EstimatePointwise, RunPointwise, DescribePointwise, PointwiseScratch},
    {"direct", "the register tile with lanes over output channels", RefuseDirect, EstimateDirect,
     RunDirect, DescribeDirect, DirectScratch},
    {"depthwise", "blocks of pixels with a group in each lane", RefuseDepthwise, EstimateDepthwise,
     RunDepthwise, DescribeDepthwise, DepthwiseScratch},
    {"planar", "tiles of pixels of one plane", RefusePlanar, EstimatePlanar, RunPlanar,
     DescribePlanar, PlanarScratch},
    {"im2col", "the register tile with lanes over pixels", RefuseIm2col, EstimateIm2col, RunIm2col,
     DescribeIm2col, Im2colScratch},
    {"reference", "scalar, for any problem", RefuseReference, EstimateReference, RunReference,
     [](const ConvCall&) { return std::string("scalar"); }, nullptr},
};

}  // namespace

std::span<const ConvAlgorithm> ConvAlgorithms() { return kAlgorithms; }

const ConvAlgorithm* FindConvAlgorithm(std::string_view name) {
  if (name == "auto") return nullptr;
  std::string names = "auto";
  for (const ConvAlgorithm& a : kAlgorithms) {
    if (name == a.name) return &a;
    names += StrCat(", ", a.name);
  }
  throw std::invalid_argument(
      StrCat("there is no convolution algorithm \"", name, "\"; there are ", names));
}

const ConvAlgorithm& ChooseConvAlgorithm(const ConvAlgorithm* forced, const ConvCall& call) {
  if (forced != nullptr) {
    const char* reason = forced->refuse(call);
    Require(reason == nullptr, "the algorithm \"", forced->name, "\" cannot run this: ", reason);
    return *forced;
  }
  const ConvAlgorithm* best = nullptr;
  double least = 0;
  for (const ConvAlgorithm& a : std::span(kAlgorithms).first(std::size(kAlgorithms) - 1)) {
    if (a.refuse(call) != nullptr) continue;
    const double cycles = a.estimate(call);
    if (best == nullptr || cycles < least) best = &a, least = cycles;
  }
  return *best;
}

int64_t ScratchFloats(const ConvAlgorithm& algorithm, const ConvCall& call) {
  return algorithm.scratch == nullptr ? 0 : algorithm.scratch(call);
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> Algorithms() {
  std::vector<std::string> names;
  for (const internal::ConvAlgorithm& a : internal::ConvAlgorithms()) names.emplace_back(a.name);
  return names;
}

}  // namespace v0
}  // namespace windrow
