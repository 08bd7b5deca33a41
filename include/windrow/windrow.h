// Windrow: convolution and pooling on CPUs, the same bits everywhere. Includes every public header.
#ifndef WINDROW_WINDROW_H_
#define WINDROW_WINDROW_H_

#include "windrow/conv2d.h"
#include "windrow/cpu.h"
#include "windrow/export.h"
#include "windrow/padding.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"

namespace windrow {
inline namespace v0 {

// The version of the library linked, "major.minor.patch".
WINDROW_API const char* Version();

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_WINDROW_H_
