// The problems one step simpler than another: by sizes, then by attributes.
#include <algorithm>
#include <limits>
#include <stdexcept>

#include "tools/corpus.h"
#include "tools/pool_corpus.h"
#include "tools/selftest_case.h"

namespace windrow::tool {
namespace {

// Applies changes to a problem, each alone, and keeps what is valid and new.
template <typename Problem>
class Changes {
 public:
  explicit Changes(const Problem& from) : from_(from), text_(ToString(from)) {}

  template <typename Change>
  void Try(const Change& change) {
    Problem p = from_;
    change(p);
    std::string text = ToString(p);
    if (text == text_ || std::count(texts_.begin(), texts_.end(), text) > 0) return;
    try {
      if (IsValid(p)) texts_.push_back(std::move(text));
    } catch (const std::logic_error&) {  // sizes below 1
    }
  }

  // To its least, to half of it, by one.
  template <typename Get>
  void Shrink(int64_t least, const Get& get) {
    Try([&](Problem& p) { get(p) = std::min(get(p), least); });
    Try([&](Problem& p) { get(p) = std::max(least, get(p) / 2); });
    Try([&](Problem& p) { get(p) = std::max(least, get(p) - 1); });
  }
  void Shrink(int64_t least, Size2 Problem::*size) {
    Try([&](Problem& p) { p.*size = Size2(least); });
    Shrink(least, [=](Problem& p) -> int64_t& { return (p.*size).h; });
    Shrink(least, [=](Problem& p) -> int64_t& { return (p.*size).w; });
  }
  void Shrink(int64_t least, int64_t Problem::*size) {
    Shrink(least, [=](Problem& p) -> int64_t& { return p.*size; });
  }

  std::vector<std::string> Take() { return std::move(texts_); }

 private:
  Problem from_;
  std::string text_;
  std::vector<std::string> texts_;
};

// Nothing that a pixel on each side is simpler than.
bool IsThin(const Padding& p) {
  return !p.is_same() && p.top() + p.bottom() + p.left() + p.right() <= 4;
}

// In as many groups as before, fewer channels of each; and fewer groups.
void ShrinkChannels(Changes<ConvProblem>& changes, const ConvProblem& p) {
  const int64_t in = p.ic / p.g, out = p.oc / p.g;
  const auto with = [&](int64_t groups, int64_t group_in, int64_t group_out) {
    changes.Try([&](ConvProblem& to) {
      to.g = std::max<int64_t>(groups, 1);
      to.ic = to.g * std::max<int64_t>(group_in, 1);
      to.oc = to.g * std::max<int64_t>(group_out, 1);
    });
  };
  with(1, in, out);
  with(p.g / 2, in, out);
  with(p.g - 1, in, out);
  for (const int64_t fewer : {int64_t{1}, in / 2, in - 1}) with(p.g, fewer, out);
  for (const int64_t fewer : {int64_t{1}, out / 2, out - 1}) with(p.g, in, fewer);
}

}  // namespace

std::vector<std::string> SimplerConvolutions(const std::string& text) {
  const ConvProblem p = problems::ParseConv(text).problem;
  Changes<ConvProblem> changes(p);
  changes.Shrink(1, &ConvProblem::mb);
  ShrinkChannels(changes, p);
  changes.Try([](ConvProblem& to) { to.ih = to.iw = 1; });
  changes.Shrink(1, &ConvProblem::ih);
  changes.Shrink(1, &ConvProblem::iw);
  changes.Shrink(1, &ConvProblem::kernel);
  changes.Shrink(1, &ConvProblem::dilation);
  changes.Shrink(1, &ConvProblem::stride);
  changes.Try([](ConvProblem& to) { to.padding = Padding(0); });
  if (!IsThin(p.padding)) changes.Try([](ConvProblem& to) { to.padding = Padding(1); });
  changes.Try([](ConvProblem& to) { to.mode = PaddingMode::kZeros; });
  changes.Try([](ConvProblem& to) { to.bias = false; });
  changes.Try([](ConvProblem& to) { to.residual = problems::Residual::kNone; });
  changes.Try([](ConvProblem& to) { to.epilogue = {}; });
  changes.Try([](ConvProblem& to) { to.scale = false; });
  changes.Try([](ConvProblem& to) { to.values = Values::kPlain; });
  return changes.Take();
}

std::vector<std::string> SimplerPoolings(const std::string& text) {
  using problems::PoolProblem;
  const PoolProblem p = problems::ParsePool(text).problem;
  Changes<PoolProblem> changes(p);
  changes.Shrink(1, &PoolProblem::mb);
  changes.Shrink(1, &PoolProblem::c);
  changes.Try([](PoolProblem& to) { to.ih = to.iw = 1; });
  changes.Shrink(1, &PoolProblem::ih);
  changes.Shrink(1, &PoolProblem::iw);
  if (p.adaptive) {
    changes.Shrink(1, &PoolProblem::output_size);
  } else {
    changes.Shrink(1, &PoolProblem::kernel);
    changes.Shrink(1, &PoolProblem::dilation);
    changes.Try([](PoolProblem& to) { to.stride = Size2(1); });
    changes.Try([](PoolProblem& to) { to.padding = Padding(0); });
    if (!IsThin(p.padding)) changes.Try([](PoolProblem& to) { to.padding = Padding(1); });
    changes.Try([](PoolProblem& to) { to.ceil_mode = false; });
    changes.Try([](PoolProblem& to) { to.count_include_pad = true; });
    changes.Try([](PoolProblem& to) { to.divisor_override.reset(); });
  }
  if (p.indices()) {
    changes.Try([](PoolProblem& to) { to.reduction = problems::Reduction::kMax; });
  }
  changes.Try([](PoolProblem& to) { to.values = Values::kPlain; });
  return changes.Take();
}

}  // namespace windrow::tool
