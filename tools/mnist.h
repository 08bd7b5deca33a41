// MNIST, what learns it, and pictures as that reads them.
#ifndef WINDROW_TOOLS_MNIST_H_
#define WINDROW_TOOLS_MNIST_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tools/png_image.h"
#include "windrow/train.h"

namespace windrow::tool {

// Of its pixels, from 0 to 1: those that everybody normalises with.
inline constexpr double kMnistMean = 0.1307, kMnistStd = 0.3081;

struct Mnist {
  std::string name;
  train::Dataset train, test;
};

// The four files of a folder, each as it is or compressed (.gz), or digits that the program draws
// if the folder is "". Throws std::runtime_error naming the file and what is wrong with it.
Mnist LoadMnist(const std::string& folder);

// "lenet" or "resnet", of problems/networks.h.
inline const std::vector<std::string> kNetworks = {"lenet", "resnet"};
train::LayerPtr Network(const std::string& name);

// A picture's pixels as a network takes them.
void Normalize(const uint8_t* pixels, float* to);

// The bytes of a gzip file. Throws std::runtime_error, beginning with the name.
std::string Gunzip(std::string_view bytes, const std::string& name);

// A picture as MNIST's: white on black, the digit in a box of 20 x 20 with its centre of mass in
// the middle; one of 28 x 28 with a black border stays as it is.
inline constexpr int64_t kMnistSide = 28;
std::array<uint8_t, kMnistSide * kMnistSide> ToMnist(const Image& image);

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_MNIST_H_
