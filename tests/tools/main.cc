// The tests of the program; and, started anew by the self-test that they call, the program itself.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "tests/tools/break_kernel.h"
#include "tools/cli.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string(argv[1]) == "selftest") {
    const char* const how = std::getenv("WINDROW_TEST_BREAK");
    if (how != nullptr) windrow::test::BreakKernel(how);
    return windrow::tool::Main(std::vector<std::string>(argv + 1, argv + argc), std::cout,
                               std::cerr);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
