// The strategies of pooling. One row gives a strategy its name in the options' `algorithm`, its
// tests, its benchmarks and its line in Explain.
#ifndef WINDROW_LIB_POOL_REGISTRY_H_
#define WINDROW_LIB_POOL_REGISTRY_H_

#include <cstdint>
#include <span>
#include <string_view>

#include "lib/pool/problem.h"

namespace windrow::internal {

struct PoolAlgorithm {
  const char* name;
  const char* summary;
  const char* (*refuse)(const PoolCall&);  // null: it can do this call; otherwise why not
  double (*estimate)(const PoolCall&);     // cycles on one thread; as the others, only of a call
  void (*run)(const PoolCall&);            // that it does not refuse
  int64_t (*scratch)(const PoolCall&);     // floats a thread, with no more threads no more of them;
                                           // null: it needs none. If they take more than the L2
                                           // cache, it is refused.
};

// The last row, the reference, is what the others are checked against, and refuses nothing.
std::span<const PoolAlgorithm> PoolRegistry();

// The row of this name, or null for "auto". Throws std::invalid_argument, naming the choices.
const PoolAlgorithm* FindPoolAlgorithm(std::string_view name);

// The forced one, or of those that accept the call the one with the lowest estimate. Throws
// std::invalid_argument if the forced one refuses, with its reason.
const PoolAlgorithm& ChoosePoolAlgorithm(const PoolAlgorithm* forced, const PoolCall& call);

// Of a row of the registry, for a call that may have no outputs: nobody refuses that, it costs
// nothing and needs no memory. But for the threads that the last is for, all is as on one thread:
// what is chosen does not depend on them.
const char* Refusal(const PoolAlgorithm& algorithm, const PoolCall& call);
double EstimatedCycles(const PoolAlgorithm& algorithm, const PoolCall& call);
int64_t WorkspaceFloats(const PoolAlgorithm& algorithm, const PoolCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_POOL_REGISTRY_H_
