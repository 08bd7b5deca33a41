// Losses and their gradients.
#include <algorithm>

#include "lib/base/error.h"
#include "lib/train/elementwise.h"
#include "lib/train/scalar_math.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::InLayout;
using internal::Require;
using internal::RequireShape;

// The view in this layout, or what is copied from it.
ConstTensorView ToLayout(const ConstTensorView& v, Layout layout, Tensor& copy) {
  const ConstTensorView same = InLayout(v, layout);
  if (!same.empty()) return same;
  copy = Tensor(v.shape(), layout);
  Copy(v, copy);
  return copy;
}

// Where to write a gradient that is dense in this layout; it arrives in Finish().
class Gradient {
 public:
  Gradient(const TensorView& to, const Shape& shape, Layout layout) : to_(to) {
    if (to.empty()) return;
    RequireShape("the gradient", to.shape(), shape);
    dense_ = InLayout(to, layout);
    if (!dense_.empty()) return;
    copy_ = Tensor(shape, layout);
    dense_ = copy_;
  }
  float* data() const { return dense_.empty() ? nullptr : dense_.data(); }
  void Finish() const {
    if (copy_.data() != nullptr) Copy(copy_, to_);
  }

 private:
  TensorView to_, dense_;
  Tensor copy_;
};

double Scale(Reduction reduction, int64_t terms) {
  internal::RequireEnum("the reduction", reduction, Reduction::kSum);
  return reduction == Reduction::kMean ? 1.0 / static_cast<double>(terms) : 1.0;
}

// The logits as rows of classes, one for each label.
ConstTensorView Rows(const ConstTensorView& logits, std::span<const int64_t> labels, Tensor& copy) {
  Require(!logits.empty(), "there is no view of logits");
  const Shape& s = logits.shape();
  Require(s.elements() > 0, "there is no loss of logits of the shape ", s);
  Require(std::ssize(labels) == s.n() * s.h() * s.w(), "there are ", labels.size(),
          " labels for logits of the shape ", s);
  for (const int64_t& label : labels) {
    Require(label >= 0 && label < s.c(), "label ", &label - labels.data(), " is ", label,
            ", there are ", s.c(), " classes");
  }
  return ToLayout(logits, Layout::kNhwc, copy);
}

}  // namespace

double MSELoss(const ConstTensorView& y, const ConstTensorView& target, const TensorView& dy,
               Reduction reduction) {
  Require(!y.empty() && !target.empty(), "there is no view y or no target");
  RequireShape("the target", target.shape(), y.shape());
  Require(y.shape().elements() > 0, "there is no loss of the shape ", y.shape());
  const Layout layout = y.layout();
  Tensor y_copy, target_copy;
  const float* const a = ToLayout(y, layout, y_copy).data();
  const float* const b = ToLayout(target, layout, target_copy).data();
  const Gradient gradient(dy, y.shape(), layout);
  const double scale = Scale(reduction, y.shape().elements());
  const auto kernel = internal::ActiveTrainKernels().squared_error;
  const double sum = internal::SumOfParts(y.shape().elements(), 1, [&](int64_t begin, int64_t end) {
    float chains[internal::kChains];
    float* const d = gradient.data();
    kernel({.y = a + begin,
            .target = b + begin,
            .dy = d == nullptr ? d : d + begin,
            .count = end - begin,
            .p = static_cast<float>(2 * scale),
            .chains = chains});
    return internal::SumOfChains(chains);
  });
  gradient.Finish();
  return sum * scale;
}

double CrossEntropyLoss(const ConstTensorView& logits, std::span<const int64_t> labels,
                        const TensorView& dlogits, Reduction reduction) {
  Tensor copy;
  const float* const x = Rows(logits, labels, copy).data();
  const Gradient gradient(dlogits, logits.shape(), Layout::kNhwc);
  const int64_t classes = logits.shape().c();
  const double scale = Scale(reduction, std::ssize(labels));
  const auto kernel = internal::ActiveTrainKernels().softmax;
  const auto loss = [&](int64_t row) {
    const int64_t label = labels[static_cast<size_t>(row)];
    float* const d = gradient.data() == nullptr ? nullptr : gradient.data() + row * classes;
    internal::SoftmaxArgs args{.x = x + row * classes,
                               .y = d,
                               .count = classes,
                               .p = static_cast<float>(scale),
                               .max = 0,
                               .sum = 0};
    kernel(args);
    if (d != nullptr) d[label] -= static_cast<float>(scale);
    const double below = static_cast<double>(args.max) - static_cast<double>(args.x[label]);
    return internal::Log(static_cast<double>(args.sum)) + below;
  };
  const double sum =
      internal::SumOfParts(std::ssize(labels), classes, [&](int64_t begin, int64_t end) {
        double part = 0;
        for (int64_t row = begin; row < end; ++row) part += loss(row);
        return part;
      });
  gradient.Finish();
  return sum * scale;
}

int64_t CountCorrect(const ConstTensorView& logits, std::span<const int64_t> labels) {
  Tensor copy;
  const float* x = Rows(logits, labels, copy).data();
  const int64_t classes = logits.shape().c();
  int64_t correct = 0;
  for (const int64_t label : labels) {
    correct += std::max_element(x, x + classes) - x == label;
    x += classes;
  }
  return correct;
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
