// Layers of real networks, as shapes/layers.txt and shapes/pools.txt have them, one a line:
//
//   name  mb groups ic ih iw oc kh kw sh sw ph pw dh dw  count net     a convolution
//   name  max|avg  mb c ih iw kh kw sh sw ph pw  ceil  net             a pooling
//
// mb is the batch, ph and pw the padding of both sides, dh and dw the dilation (1: dense), count
// how often the layer occurs in the net, ceil 1 for ceil_mode. An average counts padding, as
// PyTorch does unless told otherwise. A maximum and an average may have the same name. '#' starts a
// comment.
#ifndef WINDROW_BENCH_LAYERS_H_
#define WINDROW_BENCH_LAYERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/work.h"
#include "problems/conv_problem.h"
#include "problems/pool_problem.h"

namespace windrow::bench {

using problems::ConvProblem;
using problems::PoolProblem;

struct Layer {
  std::string name, net;
  int64_t count = 1;
  ConvProblem problem;

  // Multiply-adds times two, without those on padding.
  double Flops() const;
  // Weights, and the input pixels that some tap reads, each moved once.
  double BytesRead() const;
  double BytesWritten() const;
  Work ToWork() const { return {Flops(), BytesRead(), BytesWritten()}; }
};

struct Pool {
  std::string name, net;
  PoolProblem problem;

  const char* ModeName() const { return problem.average() ? "avg" : "max"; }
  // The input pixels that some window holds are read once; comparing and adding costs nothing.
  Work ToWork(bool indices) const;
  // The outputs' gradients, and indices, are read once, the inputs' written.
  Work ToBackwardWork() const;
};

// The shapes/NAME of a source tree or an installation: below the current directory or beside the
// program. Throws std::runtime_error, naming the flag that names a file, if there is none.
std::string FindShapeFile(const std::string& name, const std::string& flag);

// Throw std::runtime_error naming the file, the line and what is wrong with it.
std::vector<Layer> ReadLayers(const std::string& path);
std::vector<Pool> ReadPools(const std::string& path);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_LAYERS_H_
