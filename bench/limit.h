// The least time some work, such as a layer, can take on this machine at this moment:
//
//   max(flops / peak of the SIMD target, bytes / bandwidth of the level where the data sits)
//
// The level is found by moving a buffer as large as the work's data. A part is probed in every
// round only if it may be the larger one.
#ifndef WINDROW_BENCH_LIMIT_H_
#define WINDROW_BENCH_LIMIT_H_

#include <optional>
#include <string>

#include "bench/rounds.h"
#include "bench/work.h"
#include "windrow/tensor.h"

namespace windrow::bench {

class Limit {
 public:
  Limit(const Work& work, std::string target, bool fused, int threads);

  // To be called before the rounds; this object must outlive them. Memory is probed only if it may
  // be the limit.
  void AddProbes(Rounds& rounds);
  // Whether memory is the limit, in most of the rounds.
  bool MemoryBound(const Rounds& rounds) const;
  // The limit in every round.
  const Samples& Seconds(const Rounds& rounds) const;

 private:
  // Each the best of a few bursts, since a burst is short enough to be lost to an interruption.
  double ComputeSeconds() const;
  // A written byte is paired with a read one at the speed of a copy; what else is read is read.
  double MemorySeconds();

  Work work_;
  std::string target_;
  bool fused_;
  int threads_;
  Tensor buffer_;
  std::optional<size_t> compute_probe_, memory_probe_;
};

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_LIMIT_H_
