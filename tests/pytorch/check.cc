#include "tests/pytorch/check.h"

#include <algorithm>
#include <cstdint>

#include "tests/conv/variants.h"
#include "tests/pytorch/verdict.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

std::vector<float> Filled(int64_t count, Role role) {
  std::vector<float> values(static_cast<size_t>(count));
  Fill(values, role, Values::kPlain);
  return values;
}

bool Accepts(const Conv2d& conv, const Tensor& x, const std::string& algorithm) {
  const std::vector<Explanation::Candidate> all = conv.Explain(x.shape(), x.layout()).candidates;
  return std::any_of(all.begin(), all.end(),
                     [&](const auto& c) { return c.algorithm == algorithm && c.accepts; });
}

int64_t LeastSide(const Padding& p) { return std::min({p.top(), p.bottom(), p.left(), p.right()}); }

// Whether a batch of it has a result.
bool IsPossible(const Problem& p) {
  const int64_t least =
      std::min({p.g, p.ic, p.oc, p.ih, p.iw, p.kernel.h, p.kernel.w, p.stride.h, p.stride.w,
                p.dilation.h, p.dilation.w, LeastSide(p.padding) + 1});
  return least >= 1 && IsValid(p);
}

}  // namespace

const char* TakenHereOnly(const Problem& p) {
  if (p.padding.is_same() && p.stride != Size2(1) && IsPossible(p)) {
    return "Padding::Same() means something at any stride, as TensorFlow's SAME does";
  }
  return nullptr;
}

const char* TakenByPytorchOnly(const Problem& p) {
  if (p.ic == 0) return "PyTorch gives no output channels then, whatever out_channels is";
  if (p.mb == 0 && !IsPossible(p)) {
    return "PyTorch checks little of an empty batch; what no other batch can have is refused";
  }
  if (p.mode != PaddingMode::kZeros && LeastSide(p.padding) < 0) {
    return "PyTorch crops the image, but only in these modes; a view's Crop() does so in any";
  }
  return nullptr;
}

std::vector<Way> Ways(int64_t index) {
  static const std::vector<std::string> targets = UsableNames(), algorithms = Algorithms();
  std::vector<Way> all;
  for (const std::string& target : targets) {
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) all.push_back({target, layout});
  }
  Generator random(static_cast<uint64_t>(index));
  const auto pick = [&](const std::vector<std::string>& of) {
    return of[static_cast<size_t>(random.Between(0, std::ssize(of) - 1))];
  };
  for (int more = 0; more < 3; ++more) {
    all.push_back({.target = pick(targets),
                   .layout = random.OneIn(2) ? Layout::kNchw : Layout::kNhwc,
                   .algorithm = pick(algorithms),
                   .numerics = random.OneIn(2) ? Numerics::kNative : Numerics::kPortable});
  }
  return all;
}

PytorchCheck::PytorchCheck(const Recorded& recorded)
    : recorded_(recorded),
      takes_(recorded.refused ? TakenHereOnly(recorded.problem) != nullptr
                              : TakenByPytorchOnly(recorded.problem) == nullptr) {
  if (takes_ && IsPossible(recorded.problem)) exact_ = OracleDouble(recorded.problem);
}

std::string PytorchCheck::Recording() const {
  const Recorded& r = recorded_;
  if (r.refused || !takes_) return "";
  if (!IsPossible(r.problem)) return "PyTorch takes what can have no result";
  return WrongAnswer(r, r.problem.output(), exact_);
}

std::string PytorchCheck::Run(const Way& way) const {
  Problem p = recorded_.problem;
  p.numerics = way.numerics;
  const auto bind = [&](const std::string& algorithm) {
    return Conv2d(Options(p, way.target, algorithm), Filled(recorded_.weights, Role::kWeights),
                  Filled(recorded_.biases, Role::kBias));
  };
  Tensor y;
  bool skipped = false;
  const std::optional<std::string> refusal = Refusal([&] {
    Tensor x(Shape(p.mb, recorded_.channels, p.ih, p.iw), way.layout);
    Fill(x.view(), Role::kInput, Values::kPlain);
    skipped = way.algorithm != "auto" && !Accepts(bind("auto"), x, way.algorithm);
    if (!skipped) y = bind(way.algorithm).Run(x);
  });
  if (skipped) return "";
  std::string failure;
  if (refusal) {
    failure = WrongRefusal(recorded_, takes_, *refusal);
  } else {
    failure = takes_ ? WrongValue(y) : "not refused";
  }
  if (failure.empty()) return "";
  return failure + " (" + way.target + ' ' + way.algorithm + ' ' + ToString(way.layout) + ')';
}

std::string PytorchCheck::WrongValue(const Tensor& y) const {
  if (!IsPossible(recorded_.problem)) return "Windrow takes what can have no result";
  if (y.shape() != recorded_.problem.output()) {
    return "Windrow gives the shape " + y.shape().ToString();
  }
  return WrongOutputs(y, exact_);
}

}  // namespace windrow::test
