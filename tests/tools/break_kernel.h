// Faults on purpose, in the processes that the self-test starts: the tests of the program are that
// program then, with a kernel that WINDROW_TEST_BREAK breaks.
#ifndef WINDROW_TESTS_TOOLS_BREAK_KERNEL_H_
#define WINDROW_TESTS_TOOLS_BREAK_KERNEL_H_

#include <string>

namespace windrow::test {

// `how` is "TARGET KIND", the kinds those of break_kernel.cc. Convolutions of one channel and one
// pixel run the kernel that is broken. Throws std::invalid_argument.
void BreakKernel(const std::string& how);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_TOOLS_BREAK_KERNEL_H_
