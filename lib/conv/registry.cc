#include "lib/conv/registry.h"

#include "lib/conv/epilogue.h"
#include "lib/conv/strategies.h"
#include "windrow/conv2d.h"

namespace windrow {
namespace internal {
namespace {

// PlanVariant's, past kBest; a strategy refuses those that it does not have.
constexpr const char* kVariants[] = {"order", "tile", "blocks", "source", "stores"};

constexpr Strategy<ConvShape, ConvBuffers> kStrategies[] = {
    {"pointwise", "the register tile on 1x1 kernels, nothing copied",
     WithEpilogue<ConsiderPointwise>, kVariants},
    {"direct", "the register tile with lanes over output channels", WithEpilogue<ConsiderDirect>,
     kVariants},
    {"depthwise", "blocks of pixels with a group in each lane", WithEpilogue<ConsiderDepthwise>,
     kVariants},
    {"planar", "rows of pixels, each plane by itself", WithEpilogue<ConsiderPlanar>, kVariants},
    {"im2col", "the register tile with lanes over pixels", WithEpilogue<ConsiderIm2col>, kVariants},
    {"reference", "scalar, for any problem", ConsiderReference},
};

}  // namespace

const Registry<ConvShape, ConvBuffers>& ConvRegistry() {
  static constexpr Registry<ConvShape, ConvBuffers> kRegistry("convolution", kStrategies);
  return kRegistry;
}

}  // namespace internal

inline namespace v0 {

std::vector<std::string> Algorithms() { return internal::ConvRegistry().Names(); }

}  // namespace v0
}  // namespace windrow
