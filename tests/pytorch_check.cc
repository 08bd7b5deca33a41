#include "tests/pytorch_check.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdint>
#include <sstream>
#include <stdexcept>

#include "tests/values.h"
#include "tests/variants.h"

namespace windrow::test {
namespace {

bool IsWordPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether `word` is in the text, not as a part of a longer one.
bool HasWord(const std::string& text, const std::string& word) {
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !IsWordPart(text[at - 1])) && (end == text.size() || !IsWordPart(text[end]))) {
      return true;
    }
  }
  return false;
}

std::vector<float> Filled(int64_t count, Role role) {
  std::vector<float> values(static_cast<size_t>(count));
  Fill(values, role, Values::kFinite);
  return values;
}

template <typename T>
std::string Outside(const char* whose, const std::string& what, T value, const Bounded& exact) {
  std::ostringstream s;
  s.precision(9);
  s << whose << ' ' << what << " is " << value << ", exactly " << exact.value << " +- "
    << exact.error;
  return s.str();
}

// NaN is outside.
bool Within(double value, const Bounded& exact) {
  return std::abs(value - exact.value) <= exact.error;
}

std::string Element(int64_t i) { return "output " + std::to_string(i) + " in nchw order"; }

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
  const Shape out = r.problem.output();
  if (r.shape != std::vector{out.n(), out.c(), out.h(), out.w()}) {
    return "the oracle gives the shape " + out.ToString();
  }
  Bounded sum{0, 0};
  for (size_t i = 0; i < exact_.size(); ++i) {
    const double weight = SumWeight(static_cast<int64_t>(i));
    sum.value += weight * exact_[i].value;
    sum.error += weight * exact_[i].error;
  }
  if (!Within(r.sum, sum)) return Outside("PyTorch's", "weighted sum", r.sum, sum);
  const auto values = static_cast<int64_t>(r.values.size());
  const bool all = values == out.elements();
  if (values > out.elements() || (values == 0 && !all)) return "a wrong number of values";
  for (int64_t i = 0; i < values; ++i) {
    const int64_t element = all ? i : SampledElement(i, out.elements());
    const float value = r.values[static_cast<size_t>(i)];
    const Bounded& exact = exact_[static_cast<size_t>(element)];
    if (!Within(value, exact)) return Outside("PyTorch's", Element(element), value, exact);
  }
  return "";
}

std::string PytorchCheck::Run(const Way& way) const {
  Problem p = recorded_.problem;
  p.numerics = way.numerics;
  const auto bind = [&](const std::string& algorithm) {
    return Conv2d(Options(p, way.target, algorithm), Filled(recorded_.weights, Role::kWeights),
                  Filled(recorded_.biases, Role::kBias));
  };
  Tensor y;
  std::optional<std::string> refusal;
  try {
    Tensor x(Shape(p.mb, recorded_.channels, p.ih, p.iw), way.layout);
    Fill(x.view(), Role::kInput, Values::kFinite);
    if (way.algorithm != "auto" && !Accepts(bind("auto"), x, way.algorithm)) return "";
    y = bind(way.algorithm).Run(x);
  } catch (const std::invalid_argument& e) {
    refusal = e.what();
  } catch (const std::length_error& e) {
    refusal = e.what();
  }
  std::string failure;
  if (refusal) {
    failure = takes_ ? "refused: " + *refusal : MissingFact(*refusal);
  } else {
    failure = takes_ ? WrongValue(y) : "not refused";
  }
  if (failure.empty()) return "";
  return failure + " (" + way.target + ' ' + way.algorithm + ' ' + ToString(way.layout) + ')';
}

std::string PytorchCheck::MissingFact(const std::string& message) const {
  for (const std::string& fact : recorded_.facts) {
    if (!HasWord(message, fact)) return "refused without naming \"" + fact + "\": " + message;
  }
  return "";
}

std::string PytorchCheck::WrongValue(const Tensor& y) const {
  const Shape& out = y.shape();
  if (!IsPossible(recorded_.problem)) return "Windrow takes what can have no result";
  if (out != recorded_.problem.output()) return "Windrow gives the shape " + out.ToString();
  Tensor logical(out, Layout::kNchw);
  Copy(y, logical);
  for (int64_t i = 0; i < out.elements(); ++i) {
    const Bounded& exact = exact_[static_cast<size_t>(i)];
    if (!Within(logical.data()[i], exact)) {
      return Outside("Windrow's", Element(i), logical.data()[i], exact);
    }
  }
  return "";
}

}  // namespace windrow::test
