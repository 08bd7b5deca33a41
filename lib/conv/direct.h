// Direct convolution: the register tile on the input where it lies or, if need be, on bands of it.
#ifndef WINDROW_LIB_CONV_DIRECT_H_
#define WINDROW_LIB_CONV_DIRECT_H_

#include <string>

#include "lib/conv/problem.h"

namespace windrow::internal {

const char* RefuseDirect(const ConvCall& call);
void RunDirect(const ConvCall& call);
double EstimateDirect(const ConvCall& call);
std::string DescribeDirect(const ConvCall& call);
int64_t DirectScratch(const ConvCall& call);

// All tasks of a plan, on this thread.
struct DirectPlan;
void RunDirectTasks(const DirectPlan& plan);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_DIRECT_H_
