#include "tests/pytorch/pool_check.h"

#include <cstring>
#include <optional>
#include <sstream>
#include <stdexcept>

#include "tests/conv/harness.h"
#include "tests/conv/variants.h"
#include "tests/pool/harness.h"
#include "tests/pytorch/verdict.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

uint32_t Bits(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

// Whether this is one output of a maximum; if not, what it is.
std::string Unlike(const char* whose, size_t output, uint32_t bits, int64_t index,
                   const Maximum& exact) {
  if (bits == exact.bits && index == exact.index) return "";
  std::ostringstream s;
  s << whose << ' ' << OutputName(static_cast<int64_t>(output)) << std::hex << " is 0x" << bits
    << std::dec << " at " << index << ", not 0x" << std::hex << exact.bits << std::dec << " at "
    << exact.index;
  return s.str();
}

}  // namespace

const char* TakenHereOnly(const RecordedPool& recorded) {
  const PoolProblem& p = recorded.problem;
  if (p.c == 0 && IsPossible(p)) {
    return "a tensor without channels has no outputs, as one without images";
  }
  if (recorded.text.find(" s0") != std::string::npos && IsPossible(p)) {
    return "a stride of 0 is the kernel's size, as PyTorch's None is";
  }
  return nullptr;
}

const char* TakenByPytorchOnly(const PoolProblem& p) {
  if (p.adaptive && (p.output_size.h == 0 || p.output_size.w == 0)) {
    return "PyTorch gives no outputs then; who asks for none has made a mistake";
  }
  const bool global =
      (p.output_size.h == AdaptivePool2dOptions::kAsInput ? p.ih : p.output_size.h) == 1 &&
      (p.output_size.w == AdaptivePool2dOptions::kAsInput ? p.iw : p.output_size.w) == 1;
  if (p.adaptive && p.average() && global && (p.ih == 0 || p.iw == 0)) {
    return "PyTorch gives NaN as the mean of no pixels, and refuses them in any other pooling";
  }
  return nullptr;
}

const char* OtherIndex(const PoolProblem& p, const Maximum& m) {
  if (m.index < 0 && p.indices()) {
    return "PyTorch gives the index of a tap that lies past the input, Windrow -1";
  }
  return nullptr;
}

const std::vector<PytorchPoolWay>& PytorchPoolWays() {
  static const std::vector<PytorchPoolWay> all = [] {
    std::vector<PytorchPoolWay> ways;
    for (const std::string& target : UsableNames()) {
      for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
        const Layout other = layout == Layout::kNchw ? Layout::kNhwc : Layout::kNchw;
        ways.push_back({target, layout, layout, "auto"});
        ways.push_back({target, layout, other, "auto"});
        for (const std::string& a : PoolAlgorithms()) ways.push_back({target, layout, layout, a});
      }
    }
    return ways;
  }();
  return all;
}

void PytorchPoolHash::Add(uint32_t bits, int64_t index) {
  sum_ += Mix(Mix(count_++) ^ (static_cast<uint64_t>(index) << 32 | bits));
}

PytorchPoolCheck::PytorchPoolCheck(const RecordedPool& recorded)
    : recorded_(recorded),
      p_(recorded.problem),
      takes_(recorded.refused ? TakenHereOnly(recorded) != nullptr
                              : TakenByPytorchOnly(p_) == nullptr),
      possible_(IsPossible(p_)) {
  if (!takes_ || !possible_) return;
  if (p_.average()) {
    averages_ = ExactAverages(p_);
  } else {
    maxima_ = ExactMaxima(p_);
  }
}

std::string PytorchPoolCheck::Recording() const {
  if (recorded_.refused || !takes_) return "";
  if (!possible_) return "PyTorch takes what can have no result";
  if (p_.average()) return WrongAnswer(recorded_, OutputOf(p_), averages_);
  std::string failure = WrongShape(recorded_, OutputOf(p_));
  return failure.empty() ? WrongMaxima() : failure;
}

std::string PytorchPoolCheck::WrongMaxima() const {
  if (recorded_.values.size() != recorded_.indices.size())
    return "another number of values than of indices";
  PytorchPoolHash hash;
  for (size_t i = 0; i < maxima_.size(); ++i) {
    Maximum pytorch = maxima_[i];
    if (OtherIndex(p_, pytorch) != nullptr) pytorch.index = pytorch.start;
    if (!p_.indices()) pytorch.index = 0;
    hash.Add(pytorch.bits, pytorch.index);
    if (i >= recorded_.values.size()) continue;  // a recording has the hash alone
    std::string failure =
        Unlike("PyTorch's", i, Bits(recorded_.values[i]), recorded_.indices[i], pytorch);
    if (!failure.empty()) return failure;
  }
  return hash.value() == recorded_.digest ? "" : "PyTorch's outputs have another hash";
}

std::string PytorchPoolCheck::Run(const PytorchPoolWay& way) const {
  Tensor y;
  std::vector<int64_t> indices;  // in y's layout
  bool skipped = false;
  const std::optional<std::string> refusal = Refusal([&] {
    const Tensor x = PoolInput(InLayout(p_, way.x));
    const problems::AnyPooling pooling = MakePooling(p_, way.target, way.algorithm);
    const Shape out = pooling.OutputShape(x.shape());
    y = Tensor(out, way.y);
    if (p_.indices()) indices.resize(static_cast<size_t>(out.elements()), -77);
    const IndexView at = p_.indices() ? IndexView(indices.data(), out, way.y) : IndexView();
    try {
      pooling.Run({.x = x, .y = y, .indices = at});
    } catch (const std::invalid_argument& e) {
      skipped = way.algorithm != "auto" && IsRefusal(e, way.algorithm);
      if (!skipped) throw;
    }
  });
  if (skipped) return "";
  std::string failure;
  if (refusal) {
    failure = WrongRefusal(recorded_, takes_, *refusal);
  } else {
    failure = takes_ ? WrongResult(y, indices) : "not refused";
  }
  if (failure.empty()) return "";
  return failure + " (" + way.target + ' ' + way.algorithm + ' ' + ToString(way.x) + " to " +
         ToString(way.y) + ')';
}

std::string PytorchPoolCheck::WrongResult(const Tensor& y,
                                          const std::vector<int64_t>& indices) const {
  if (!possible_) return "Windrow takes what can have no result";
  const Shape out = OutputOf(p_);
  if (y.shape() != out) return "Windrow gives the shape " + y.shape().ToString();
  if (p_.average()) return WrongOutputs(y, averages_);
  const Strides s = DenseStrides(out, y.layout());
  size_t i = 0;
  for (int64_t n = 0; n < out.n(); ++n) {
    for (int64_t c = 0; c < out.c(); ++c) {
      for (int64_t h = 0; h < out.h(); ++h) {
        for (int64_t w = 0; w < out.w(); ++w, ++i) {
          const auto at = static_cast<size_t>(n * s.n + c * s.c + h * s.h + w * s.w);
          const int64_t index = p_.indices() ? indices[at] : maxima_[i].index;
          std::string failure = Unlike("Windrow's", i, Bits(y.data()[at]), index, maxima_[i]);
          if (!failure.empty()) return failure;
        }
      }
    }
  }
  return "";
}

}  // namespace windrow::test
