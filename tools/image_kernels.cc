#include "tools/image_kernels.h"

#include <fmt/format.h>

#include <sstream>
#include <stdexcept>

#include "problems/words.h"

namespace windrow::tool {
namespace {

struct Named {
  const char* name;
  const char* rows[2];  // of each kernel; the second may be missing
  float divisor;        // of every weight; a power of two where the weights shall be exact
};

constexpr Named kNamed[] = {
    {"identity", {"1"}, 1},
    {"box3", {"1 1 1; 1 1 1; 1 1 1"}, 9},
    {"box5", {"1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1; 1 1 1 1 1"}, 25},
    {"gauss3", {"1 2 1; 2 4 2; 1 2 1"}, 16},
    {"gauss5", {"1 4 6 4 1; 4 16 24 16 4; 6 24 36 24 6; 4 16 24 16 4; 1 4 6 4 1"}, 256},
    {"gauss7",
     {"1 6 15 20 15 6 1; 6 36 90 120 90 36 6; 15 90 225 300 225 90 15; "
      "20 120 300 400 300 120 20; 15 90 225 300 225 90 15; 6 36 90 120 90 36 6; "
      "1 6 15 20 15 6 1"},
     4096},
    {"sharpen", {"0 -1 0; -1 5 -1; 0 -1 0"}, 1},
    {"laplace", {"0 1 0; 1 -4 1; 0 1 0"}, 1},
    {"emboss", {"-2 -1 0; -1 1 1; 0 1 2"}, 1},
    {"sobel", {"-1 0 1; -2 0 2; -1 0 1", "-1 -2 -1; 0 0 0; 1 2 1"}, 1},
    {"sobel-x", {"-1 0 1; -2 0 2; -1 0 1"}, 1},
    {"sobel-y", {"-1 -2 -1; 0 0 0; 1 2 1"}, 1},
    {"prewitt-x", {"-1 0 1; -1 0 1; -1 0 1"}, 1},
    {"prewitt-y", {"-1 -1 -1; 0 0 0; 1 1 1"}, 1},
};

float ParseWeight(const std::string& word) {
  const auto value = problems::ReadFinite(word);
  if (!value) {
    throw std::invalid_argument(
        fmt::format("the kernel has \"{}\", which is neither a finite 32-bit number nor one of {}",
                    word, fmt::join(ImageFilterNames(), ", ")));
  }
  return *value;
}

void AddRow(const std::string& row, ImageKernel& kernel) {
  std::istringstream words(row);
  int64_t width = 0;
  for (std::string word; words >> word; ++width) kernel.weights.push_back(ParseWeight(word));
  ++kernel.height;
  if (width == 0) {
    throw std::invalid_argument(fmt::format("row {} of the kernel has no numbers", kernel.height));
  }
  if (kernel.height > 1 && width != kernel.width) {
    throw std::invalid_argument(fmt::format("row {} of the kernel has {} numbers, row 1 has {}",
                                            kernel.height, width, kernel.width));
  }
  kernel.width = width;
}

ImageKernel ParseRows(const std::string& text) {
  ImageKernel kernel;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    // An empty line is no row, nor is what follows a semicolon at the end of a line.
    line.resize(line.find_last_not_of(" \t\r\f\v") + 1);
    std::istringstream rows(line);
    for (std::string row; std::getline(rows, row, ';');) AddRow(row, kernel);
  }
  if (kernel.height == 0) throw std::invalid_argument("the kernel has no rows");
  return kernel;
}

}  // namespace

std::vector<std::string> ImageFilterNames() {
  std::vector<std::string> names;
  for (const Named& n : kNamed) names.emplace_back(n.name);
  return names;
}

ImageFilter ParseImageFilter(std::string_view text) {
  for (const Named& n : kNamed) {
    if (text != n.name) continue;
    ImageFilter filter;
    for (const char* rows : n.rows) {
      if (rows == nullptr) continue;
      filter.push_back(ParseRows(rows));
      for (float& w : filter.back().weights) w /= n.divisor;
    }
    return filter;
  }
  return {ParseRows(std::string(text))};
}

}  // namespace windrow::tool
