// A filter on a picture. The picture is an NHWC tensor of floats 0..255 or 0..65535, the filter a
// depthwise convolution: one group and one filter a colour channel.
//
// Alpha weights the colours: a tap counts by its pixel's alpha a, and the rest of it falls on the
// pixel in the middle. So the colours of transparent pixels never show in others, whatever the
// kernel's sum, and opaque pictures are filtered as if they had no alpha:
//
//   y = sum of w (a x + (1 - a) x_middle) = filter(a x) + x_middle filter(1 - a)
#ifndef WINDROW_TOOLS_IMAGE_FILTER_H_
#define WINDROW_TOOLS_IMAGE_FILTER_H_

#include <string>
#include <vector>

#include "tools/image_kernels.h"
#include "tools/png_image.h"
#include "windrow/tensor.h"

namespace windrow::tool {

struct FilterSettings {
  std::string border = "reflect";  // one of BorderNames()
  std::string algorithm = "auto", target;
};

// reflect, replicate, zeros, circular.
std::vector<std::string> BorderNames();

// The filtered colours. Throws std::invalid_argument if the picture is too small for the border,
// naming those that it is large enough for, and as Conv2d does.
Tensor FilterImage(const ImageFilter& filter, const Image& image, const FilterSettings& settings);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_IMAGE_FILTER_H_
