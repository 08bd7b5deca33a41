// A layer's gradients, with what they are computed from.
#ifndef WINDROW_TESTS_CONV_GRADIENTS_H_
#define WINDROW_TESTS_CONV_GRADIENTS_H_

#include <cstring>
#include <vector>

#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/support/placed.h"
#include "tests/support/values.h"
#include "windrow/conv2d.h"

namespace windrow::test {

inline bool SameFloats(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

struct Gradients {
  explicit Gradients(const Problem& p)
      : x(p.input(), p.x_layout),
        dy(p.output(), p.y_layout),
        dx(p.input(), p.x_layout),
        dw(static_cast<size_t>(p.weights())),
        db(static_cast<size_t>(p.oc)) {
    Fill(x.view(), Role::kInput, p.values);
    Fill(dy.view(), Role::kResidual, p.values);
  }
  BackwardDataArgs data() { return {.dy = dy, .dx = dx}; }
  BackwardWeightsArgs weights() { return {.x = x, .dy = dy, .dw = dw, .db = db}; }
  void Run(const Conv2d& conv) {
    conv.BackwardData(data());
    conv.BackwardWeights(weights());
  }
  bool operator==(const Gradients& other) const {
    return SameBits(dx, other.dx) && SameFloats(dw, other.dw) && SameFloats(db, other.db);
  }

  Tensor x, dy, dx;
  std::vector<float> dw, db;
};

inline std::vector<Problem> GradientProblems() {
  std::vector<Problem> all{
      {.mb = 2, .ic = 16, .oc = 40, .ih = 30, .iw = 31, .kernel = 3, .padding = 1},
      {.ic = 40, .oc = 150, .ih = 9, .iw = 9, .kernel = 3, .stride = 2, .padding = 1},
      {.mb = 5, .ic = 48, .oc = 20, .ih = 23, .iw = 31},
      {.g = 60, .ic = 60, .oc = 60, .ih = 25, .iw = 26, .kernel = 3, .padding = 1},
      {.g = 4, .ic = 16, .oc = 24, .ih = 40, .iw = 17, .kernel = 5, .padding = 2},
      {.ic = 16,
       .oc = 24,
       .ih = 30,
       .iw = 21,
       .kernel = 3,
       .padding = 1,
       .mode = PaddingMode::kReflect},
  };
  const size_t count = all.size();
  for (size_t i = 0; i < count; ++i) {
    all.push_back(all[i]);
    all.back().SetLayout(Layout::kNchw);
  }
  return all;
}

}  // namespace windrow::test

#endif  // WINDROW_TESTS_CONV_GRADIENTS_H_
