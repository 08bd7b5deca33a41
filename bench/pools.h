// Pooling layers of real networks, one a line:
//
//   name  max|avg  mb c ih iw kh kw sh sw ph pw  ceil  net
//
// mb is the batch, ph and pw the padding of both sides, ceil 1 for ceil_mode. An average counts
// padding, as PyTorch does unless told otherwise. A maximum and an average may have the same name.
#ifndef WINDROW_BENCH_POOLS_H_
#define WINDROW_BENCH_POOLS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "bench/work.h"
#include "windrow/pool2d.h"

namespace windrow::bench {

struct Pool {
  std::string name, net;
  PoolMode mode = PoolMode::kMax;
  Shape input;
  Size2 kernel{1}, stride{1}, padding{0};
  bool ceil = false;

  const char* ModeName() const { return mode == PoolMode::kMax ? "max" : "avg"; }
  Shape Output() const;
  // The input pixels that some window holds are read once; comparing and adding costs nothing.
  Work ToWork(bool indices) const;
};

// The pools.txt of a source tree or an installation, as FindLayersFile().
std::string FindPoolsFile();

// Throws std::runtime_error naming the file, the line and what is wrong with it.
std::vector<Pool> ReadPools(const std::string& path);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_POOLS_H_
