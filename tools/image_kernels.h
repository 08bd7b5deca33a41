// Filter kernels for pictures, by name or as text.
#ifndef WINDROW_TOOLS_IMAGE_KERNELS_H_
#define WINDROW_TOOLS_IMAGE_KERNELS_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace windrow::tool {

struct ImageKernel {
  int64_t height = 0, width = 0;
  std::vector<float> weights;  // [height][width]
};

// One kernel, or several: then the result is the root of the sum of the squares of theirs (the
// magnitude of a gradient).
using ImageFilter = std::vector<ImageKernel>;

std::vector<std::string> ImageFilterNames();

// A name, or rows of numbers that end at semicolons or line ends: "1 0 -1; 2 0 -2; 1 0 -1". Throws
// std::invalid_argument naming what is wrong.
ImageFilter ParseImageFilter(std::string_view text);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_IMAGE_KERNELS_H_
