#include "lib/base/parallel.h"

#include <oneapi/tbb/blocked_range.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/partitioner.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

namespace windrow::internal {

int MaxThreads() { return tbb::this_task_arena::max_concurrency(); }

void ParallelFor(int64_t count, FunctionRef<void(int64_t)> body) {
  if (count <= 1) {
    if (count == 1) body(0);
    return;
  }
  tbb::task_group_context context(
      tbb::task_group_context::bound,
      tbb::task_group_context::default_traits | tbb::task_group_context::fp_settings);
  tbb::parallel_for(
      tbb::blocked_range<int64_t>(0, count),
      [body](const tbb::blocked_range<int64_t>& range) {
        for (int64_t i = range.begin(); i != range.end(); ++i) body(i);
      },
      tbb::simple_partitioner(), context);
}

}  // namespace windrow::internal
