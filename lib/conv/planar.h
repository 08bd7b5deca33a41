// Convolution of planes (NCHW) where a group has one input channel: lanes over the pixels of a row.
#ifndef WINDROW_LIB_CONV_PLANAR_H_
#define WINDROW_LIB_CONV_PLANAR_H_

#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefusePlanar(const ConvCall& call);
void RunPlanar(const ConvCall& call);
std::string DescribePlanar(const ConvCall& call);
int64_t PlanarScratch(const ConvCall& call);
// From so many bytes on an output is written past the caches.
int64_t PlanarStreamBytes();
// Cycles of one thread, roughly.
double EstimatePlanar(const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_PLANAR_H_
