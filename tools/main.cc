// The `windrow` program.
#include <iostream>
#include <string>
#include <vector>

#include "tools/cli.h"

int main(int argc, char** argv) {
  std::ios::sync_with_stdio(false);
  return windrow::tool::Main(std::vector<std::string>(argv + 1, argv + argc), std::cout, std::cerr);
}
