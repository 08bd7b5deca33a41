#include "tests/harness.h"

#include <bit>
#include <cstdint>
#include <cstring>
#include <iomanip>
#include <sstream>
#include <stdexcept>

#include "tests/values.h"

namespace windrow::test {
namespace {

uint32_t Bits(const float& f) {
  uint32_t bits;
  std::memcpy(&bits, &f, sizeof(bits));
  return bits;
}

std::string Hex(const float& f) {
  std::ostringstream s;
  s << std::hex << std::uppercase << std::setfill('0') << std::setw(8) << Bits(f) << " (" << f
    << ')';
  return s.str();
}

// Calls f(n, c, h, w) in logical order.
template <typename F>
void ForEach(const Shape& s, const F& f) {
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) f(n, c, h, w);
      }
    }
  }
}

// The strides of a tensor with this many elements that are not its own behind each pixel (of
// kNchw: row), row (plane) and image.
Strides StridesWithGaps(const Shape& s, Layout layout, Gaps gaps) {
  const auto gap = [&](Gaps here, int64_t size) {
    return gaps == here || gaps == Gaps::kAll ? size : 0;
  };
  const bool nchw = layout == Layout::kNchw;
  const int64_t inner = nchw ? s.w() : s.c(), middle = nchw ? s.h() : s.w(),
                outer = nchw ? s.c() : s.h();
  const int64_t second = inner + gap(Gaps::kPixels, 3);
  const int64_t third = second * middle + gap(Gaps::kRows, 5);
  const int64_t fourth = third * outer + gap(Gaps::kImages, 7);
  if (nchw) return {fourth, third, second, 1};
  return {fourth, 1, third, second};
}

int64_t SpanOf(const Shape& s, const Strides& st) {
  if (s.elements() == 0) return 0;
  return 1 + (s.n() - 1) * st.n + (s.c() - 1) * st.c + (s.h() - 1) * st.h + (s.w() - 1) * st.w;
}

bool SameMemory(std::span<const float> a, std::span<const float> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

// Which element of the view an offset of its memory is; "a red zone" if none.
std::string Locate(const TensorView& view, int64_t offset) {
  std::ostringstream where;
  ForEach(view.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    if (&view.at(n, c, h, w) == view.data() + offset) {
      where << "output n " << n << " c " << c << " h " << h << " w " << w;
    }
  });
  if (where.str().empty()) where << "the red zone at offset " << offset << " of y";
  return where.str();
}

// The buffers of a run, kept for the next one since mapping memory takes time.
struct Memory {
  GuardedBuffer x, y, residual, weights, bias;
};

std::vector<float> Copied(std::span<const float> from) { return {from.begin(), from.end()}; }

// Moves the numbers to guarded memory.
std::span<const float> Guard(GuardedBuffer& buffer, std::span<const float> from, Edge edge) {
  const std::span<float> to = buffer.Take(static_cast<int64_t>(from.size()), edge);
  if (!from.empty()) std::memcpy(to.data(), from.data(), from.size_bytes());
  return to;
}

// That the object is what was asked for.
std::string WrongBinding(const Conv2d& conv, const Problem& p, const std::string& target,
                         const std::string& algorithm) {
  const Explanation e = conv.Explain(p.input(), p.x_layout);
  if (conv.target() != target || e.target != target) return "bound to target " + conv.target();
  if (algorithm != "auto" && e.algorithm != algorithm) return "runs algorithm " + e.algorithm;
  if (e.output != p.output()) return "gives the shape " + e.output.ToString();
  if (e.multiply_adds != p.multiply_adds()) {
    return "counts " + std::to_string(e.multiply_adds) + " multiply-adds";
  }
  return "";
}

// Runs conv in guarded memory; what is wrong, or "".
std::string RunAndCompare(const Conv2d& conv, const Problem& p, Memory& m,
                          const ConstTensorView& expected) {
  const Placed x = Place(m.x, p.input(), p.x_layout, p.gaps, p.edge);
  Fill(x.view, Role::kInput, p.values);
  const Placed y = Place(m.y, p.output(), p.y_layout, p.gaps, p.edge);
  RunArgs args{.x = x.view, .y = y.view};
  Placed residual;
  if (p.residual == Residual::kInPlace) {
    Fill(y.view, Role::kResidual, p.values);
    args.residual = y.view;
  } else if (p.residual == Residual::kSeparate) {
    residual = Place(m.residual, p.output(), p.residual_layout, p.gaps, p.edge);
    Fill(residual.view, Role::kResidual, p.values);
    args.residual = residual.view;
  }
  const std::vector<float> x_before = Copied(x.memory), y_before = Copied(y.memory),
                           residual_before = Copied(residual.memory);
  conv.Run(args);
  if (!SameMemory(x.memory, x_before)) return "x was changed";
  if (!SameMemory(residual.memory, residual_before)) return "the residual was changed";
  return Difference(y, y_before, expected);
}

}  // namespace

std::vector<float> Weights(const Problem& p) {
  std::vector<float> w(static_cast<size_t>(p.weights()));
  Fill(w, Role::kWeights, p.values);
  return w;
}

std::vector<float> Bias(const Problem& p) {
  std::vector<float> b(p.bias ? static_cast<size_t>(p.oc) : 0);
  Fill(b, Role::kBias, p.values);
  return b;
}

Placed Place(GuardedBuffer& buffer, const Shape& shape, Layout layout, Gaps gaps, Edge edge) {
  const Strides strides = StridesWithGaps(shape, layout, gaps);
  const std::span<float> memory = buffer.Take(SpanOf(shape, strides), edge);
  return {memory, TensorView(memory.data(), shape, layout, strides)};
}

Tensor Expected(const Problem& p, const std::string& target) {
  const Conv2d reference(Options(p, target, "reference"), Weights(p), Bias(p));
  Tensor x(p.input()), y(p.output()), residual(p.output());
  Fill(x.view(), Role::kInput, p.values);
  Fill(residual.view(), Role::kResidual, p.values);
  RunArgs args{.x = x, .y = y};
  if (p.residual != Residual::kNone) args.residual = residual;
  reference.Run(args);
  return y;
}

std::string Difference(const Placed& y, std::span<const float> before,
                       const ConstTensorView& expected) {
  std::vector<float> want = Copied(before);
  if (!want.empty()) {
    // The view of y, in the memory that is wanted.
    Copy(expected, TensorView(want.data(), y.view.shape(), y.view.layout(), y.view.strides()));
  }
  if (SameMemory(y.memory, want)) return "";
  int64_t different = 0, first = 0;
  for (size_t i = want.size(); i-- > 0;) {
    if (Bits(y.memory[i]) == Bits(want[i])) continue;
    first = static_cast<int64_t>(i);
    ++different;
  }
  const auto at = static_cast<size_t>(first);
  return Locate(y.view, first) + " is " + Hex(y.memory[at]) + ", expected " + Hex(want[at]) + "; " +
         std::to_string(different) + " of " + std::to_string(want.size()) + " elements differ";
}

bool SameBits(const ConstTensorView& a, const ConstTensorView& b) {
  if (a.shape() != b.shape()) return false;
  bool same = true;
  ForEach(a.shape(), [&](int64_t n, int64_t c, int64_t h, int64_t w) {
    same &= Bits(a.at(n, c, h, w)) == Bits(b.at(n, c, h, w));
  });
  return same;
}

bool IsRefusal(const std::exception& e, const std::string& algorithm) {
  return std::string(e.what()).starts_with("the algorithm \"" + algorithm + "\" cannot run this");
}

BitResult CheckBits(const Problem& p, const std::string& target, const std::string& algorithm) try {
  static thread_local Memory memory;
  const std::vector<float> weights = Weights(p), bias = Bias(p);
  const auto guarded_weights = Guard(memory.weights, weights, p.edge);
  const auto guarded_bias = Guard(memory.bias, bias, p.edge);
  const Conv2d conv(Options(p, target, algorithm), guarded_weights, guarded_bias);
  std::string failure = WrongBinding(conv, p, target, algorithm);
  if (failure.empty()) failure = RunAndCompare(conv, p, memory, Expected(p, target));
  if (failure.empty() &&
      (!SameMemory(guarded_weights, weights) || !SameMemory(guarded_bias, bias))) {
    failure = "the weights or the bias were changed";
  }
  if (!failure.empty()) {
    failure = target + " " + algorithm + " " + ToString(p) + ": " + failure;
  }
  return {.refused = false, .failure = std::move(failure)};
} catch (const std::invalid_argument& e) {
  if (!IsRefusal(e, algorithm)) throw;
  return {.refused = true, .failure = {}};
}

}  // namespace windrow::test
