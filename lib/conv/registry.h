// The strategies. One row gives a strategy its name in
// Conv2dOptions::algorithm, its tests, its benchmarks and its line in Explain.
#ifndef WINDROW_LIB_CONV_REGISTRY_H_
#define WINDROW_LIB_CONV_REGISTRY_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "lib/conv/problem.h"

namespace windrow::internal {

struct ConvAlgorithm {
  const char* name;
  const char* summary;
  const char* (*refuse)(const ConvCall&);    // null: it can do this call; otherwise why not
  double (*estimate)(const ConvCall&);       // cycles on one thread; as the others, only of a call
  void (*run)(const ConvCall&);              // that it does not refuse
  std::string (*describe)(const ConvCall&);  // its register tile
  int64_t (*scratch)(const ConvCall&);       // floats of each thread; null: it needs none
};

// The last row, the reference, is what the others are checked against: it runs only if forced. The
// one before it refuses nothing.
std::span<const ConvAlgorithm> ConvAlgorithms();

// The row of this name, or null for "auto". Throws std::invalid_argument, naming the choices.
const ConvAlgorithm* FindConvAlgorithm(std::string_view name);

// The forced one, or of the others that accept the call the one with the lowest estimate. Throws
// std::invalid_argument if the forced one refuses, with its reason.
const ConvAlgorithm& ChooseConvAlgorithm(const ConvAlgorithm* forced, const ConvCall& call);

// Floats of each thread.
int64_t ScratchFloats(const ConvAlgorithm& algorithm, const ConvCall& call);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_REGISTRY_H_
