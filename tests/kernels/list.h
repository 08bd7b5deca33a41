// The lists of micro-kernels, by which all of them are tested and measured alike. A new one is a
// line here and, if it is of a new kind, a file that draws its arguments.
#ifndef WINDROW_TESTS_KERNELS_LIST_H_
#define WINDROW_TESTS_KERNELS_LIST_H_

#include <functional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/simd/kernels.h"
#include "lib/simd/pool_kernels.h"
#include "tests/kernels/fixture.h"
#include "tests/kernels/pool_trials.h"

namespace windrow::test {

struct Kernel {
  std::string name;  // "channels/14x2", of rows x vectors
  std::function<Trial(Fixture&)> trial;
};

class KernelList {
 public:
  // `trial` takes, after the fixture, a kernel and what its table says of it.
  template <typename F, typename... What>
  void Add(std::string name, const F& trial, const What&... what) {
    kernels_.push_back({std::move(name), [=](Fixture& s) { return trial(s, what...); }});
  }
  std::vector<Kernel> Take() { return std::move(kernels_); }

 private:
  std::vector<Kernel> kernels_;
};

// Those that are in a target's tables.
std::vector<Kernel> ConvKernels(const internal::TileSet& tiles);

// Where a kernel of a reduction is in a table.
using PoolSlot = std::variant<internal::WindowFn*, internal::StripFn*, internal::RunningFn*>;

// One of them, of whichever target.
struct PoolKernel {
  std::string name;  // "max_indices/k3x3"
  bool indices;      // whether it gives any
  std::function<PoolSlot(internal::PoolKernels&)> slot;
  std::function<Trial(Fixture&, internal::PoolKernels)> trial;
};
std::vector<PoolKernel> AllPoolKernels();

// Those of a target's table, pooling's copies, and the kernels of its gradients.
std::vector<Kernel> PoolKernelsWithTrials(const internal::PoolKernels& kernels);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_KERNELS_LIST_H_
