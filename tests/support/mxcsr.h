// The floating-point control state by the tests' names.
#ifndef WINDROW_TESTS_SUPPORT_MXCSR_H_
#define WINDROW_TESTS_SUPPORT_MXCSR_H_

#include "problems/control_bits.h"

namespace windrow::test {

using problems::ControlBits;
using problems::kCanFlush;
using problems::kDenormalsAreZero;
using problems::kFlushToZero;
using problems::ScopedControlBits;
using problems::SetControlBits;

}  // namespace windrow::test

#endif  // WINDROW_TESTS_SUPPORT_MXCSR_H_
