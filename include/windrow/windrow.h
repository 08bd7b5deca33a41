// Windrow: convolution, pooling and training on CPUs, the same bits everywhere. Includes every
// public header.
#ifndef WINDROW_WINDROW_H_
#define WINDROW_WINDROW_H_

#include "windrow/conv1d.h"
#include "windrow/conv2d.h"
#include "windrow/conv_transpose2d.h"
#include "windrow/cpu.h"
#include "windrow/export.h"
#include "windrow/fused.h"
#include "windrow/padding.h"
#include "windrow/pool2d.h"
#include "windrow/tensor.h"
#include "windrow/train.h"
#include "windrow/tuning.h"
#include "windrow/version.h"

#endif  // WINDROW_WINDROW_H_
