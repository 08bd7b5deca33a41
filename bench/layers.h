// Convolution layers of real networks, one a line:
//
//   name  mb groups ic ih iw oc kh kw sh sw ph pw dh dw  count net
//
// mb is the batch, ph and pw the padding of both sides, dh and dw the dilation (1: dense), count
// how often the layer occurs in the net. '#' starts a comment.
#ifndef WINDROW_BENCH_LAYERS_H_
#define WINDROW_BENCH_LAYERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/work.h"
#include "windrow/conv2d.h"

namespace windrow::bench {

struct Layer {
  std::string name, net;
  int64_t count = 1;
  Shape input;
  Conv2dOptions options;

  Shape Output() const;
  int64_t WeightCount() const;
  // Multiply-adds times two, without those on padding.
  double Flops() const;
  // Weights, and the input pixels that some tap reads, each moved once.
  double BytesRead() const;
  double BytesWritten() const;
  Work ToWork() const { return {Flops(), BytesRead(), BytesWritten()}; }
};

// The layers.txt of a source tree or an installation: below the current directory or beside the
// program. Throws std::runtime_error if there is none.
std::string FindLayersFile();

// Throws std::runtime_error naming the file, the line and what is wrong with it.
std::vector<Layer> ReadLayers(const std::string& path);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_LAYERS_H_
