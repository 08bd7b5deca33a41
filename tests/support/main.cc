// Runs a program's tests as if on a CPU with the same caches everywhere: what goes into blocks of
// their sizes is tested alike on every machine, and takes the scalar reference no minutes where
// they are large. The self-test and the program's own tests see those of this CPU.
#include <gtest/gtest.h>

#include "lib/base/machine.h"

int main(int argc, char** argv) {
  windrow::internal::Machine machine = windrow::internal::ThisMachine();
  machine.l1d = 32 << 10, machine.l2 = 512 << 10, machine.l3 = 4 << 20;
  windrow::internal::SetMachineForTest(machine);
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
