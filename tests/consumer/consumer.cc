// Built against the installed package: the smallest example of the chapter must come out right.
#include <windrow/windrow.h>

#include <cstdio>
#include <vector>

int main() {
  const std::vector<float> x = {0, 1, 2, 3, 4, 5, 6, 7, 8}, k = {0, 1, 2, 3};
  const windrow::Tensor y = windrow::Corr2d(windrow::Tensor(windrow::Shape(1, 1, 3, 3), x),
                                            windrow::Tensor(windrow::Shape(1, 1, 2, 2), k));
  const float expected[] = {19, 25, 37, 43};
  for (int i = 0; i < 4; ++i) {
    if (y.data()[i] != expected[i]) {
      std::printf("element %d is %g, not %g\n", i, y.data()[i], expected[i]);
      return 1;
    }
  }
  const windrow::Tensor corner(windrow::Shape(1, 1, 3, 3), x);
  const auto [maximum, index] = windrow::MaxPool2d({.kernel_size = 3}).RunWithIndices(corner);
  windrow::IndexTensor copy = index;
  if (maximum.at(0, 0, 0, 0) != 8 ||
      windrow::IndexView(copy).Crop(0, 0, 1, 1).at(0, 0, 0, 0) != 8) {
    std::printf("the maximum is not the last element\n");
    return 1;
  }
  std::printf("windrow %s on %s\n", windrow::Version(), windrow::cpu::ActiveTarget().c_str());
}
