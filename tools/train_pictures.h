// What a training has done, as pictures.
#ifndef WINDROW_TOOLS_TRAIN_PICTURES_H_
#define WINDROW_TOOLS_TRAIN_PICTURES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tools/png_image.h"
#include "tools/train_curve.h"
#include "windrow/train.h"

namespace windrow::tool {

// Loss and accuracy over the epochs, of the training's batches and of the test.
Image CurvePicture(const Curve& curve);

// The first layer's kernels, of their first input channel: blue below zero, red above.
Image KernelsPicture(const Tensor& before, const Tensor& after);

struct Misread {
  int64_t picture;
  int64_t read;  // as which digit
};
std::vector<Misread> FindMisread(train::Model& model, const train::Dataset& data);

// The first hundred, in the order of the set; below each its label (green) and what was read (red).
Image MisreadPicture(const train::Dataset& data, std::span<const Misread> misread);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_TRAIN_PICTURES_H_
