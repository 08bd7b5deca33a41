// The self-test of convolution's gradients: by data, weights and bias of every problem of
// convolution's corpus, in each of the numerics classes that the targets have.
#include <algorithm>
#include <array>
#include <stdexcept>

#include "tools/corpus.h"
#include "tools/selftest_run.h"
#include "tools/values.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

Conv2dOptions BoundGradient(ConvProblem p, const std::string& target, Numerics numerics,
                            const BackwardAlgorithms& algorithms) {
  p.numerics = numerics;
  Conv2dOptions options = Options(p, target, "auto");
  options.backward = algorithms;
  return options;
}

// What a problem's gradients are computed from.
struct GradientData {
  ProblemData forward;
  Tensor dy;

  explicit GradientData(const problems::ParsedConv& parsed)
      : forward(MakeData(parsed)), dy(parsed.problem.output()) {
    Random random(SeedOf("dy " + parsed.text));
    Fill(ElementsOf(dy), random, parsed.problem.values);
  }
};

// dx, dw and db in a row, computed from data in `layout`.
Tensor ComputeGradients(const Conv2d& conv, const GradientData& data, Layout layout) {
  const Shape& input = data.forward.x.shape();
  const int64_t pixels = input.elements(), weights = std::ssize(data.forward.weights),
                biases = data.dy.shape().c();
  Tensor x(input, layout), dy(data.dy.shape(), layout), dx(input, layout);
  Copy(data.forward.x, x);
  Copy(data.dy, dy);
  Tensor result(Shape(1, 1, 1, pixels + weights + biases));
  Poison(result);
  Poison(dx);
  conv.BackwardData(dy, dx);
  Copy(dx, TensorView(result.data(), input, Layout::kNchw));
  const std::span<float> all = ElementsOf(result);
  conv.BackwardWeights(
      {.x = x,
       .dy = dy,
       .dw = all.subspan(static_cast<size_t>(pixels), static_cast<size_t>(weights)),
       .db = all.last(static_cast<size_t>(biases))});
  return result;
}

// "direct/tiles": by data and by weights.
std::string PairName(const BackwardAlgorithms& a) { return a.data + "/" + a.weights; }

BackwardAlgorithms PairNamed(const std::string& name) {
  const size_t slash = name.find('/');
  return {.data = name.substr(0, slash), .weights = name.substr(slash + 1)};
}

std::vector<std::string> Accepting(const Explanation& e) {
  std::vector<std::string> names;
  for (const auto& candidate : e.candidates) {
    if (candidate.accepts) names.push_back(candidate.algorithm);
  }
  return names;
}

// Pairs of algorithms in which each that accepts the problem occurs. (One that accepts the phase of
// most multiply-adds may refuse another.)
std::vector<std::string> Pairs(const ConvProblem& problem, const Conv2d& any,
                               const GradientData& data, Layout layout, const std::string& target,
                               Numerics numerics) {
  Tensor x(data.forward.x.shape(), layout), dy(data.dy.shape(), layout);
  std::vector<float> dw(data.forward.weights.size());
  const auto by_weights = Accepting(any.Explain(BackwardWeightsArgs{.x = x, .dy = dy, .dw = dw}));
  const BackwardDataArgs args{.dy = dy, .dx = x};
  std::vector<std::string> by_data;
  for (const std::string& name : Accepting(any.Explain(args))) {
    try {
      const Conv2d conv(BoundGradient(problem, target, numerics, {.data = name}),
                        data.forward.weights);
      static_cast<void>(conv.WorkspaceBytes(args, 1));
      by_data.push_back(name);
    } catch (const std::invalid_argument&) {
    }
  }
  std::vector<std::string> names{"auto/auto"};
  for (size_t i = 0; i < std::max(by_data.size(), by_weights.size()); ++i) {
    names.push_back(PairName({.data = i < by_data.size() ? by_data[i] : "auto",
                              .weights = i < by_weights.size() ? by_weights[i] : "auto"}));
  }
  return names;
}

// Small enough for the quick test, which emulated CPUs run, too.
bool IsSmall(const ConvProblem& problem) {
  constexpr int64_t kMax = 60'000;  // products of an input pixel and a weight of its channel
  const Shape s = problem.input();
  return s.n() * s.h() * s.w() * problem.weights() <= kMax;
}

struct GradientClass {
  BitsClass bits_class;
  Numerics numerics;
  std::string target;  // of the reference
  Digest digest;
};

}  // namespace

void TestGradients(const std::vector<cpu::TargetInfo>& targets, SelftestReport& report,
                   const Step& step) {
  std::array classes = {GradientClass{BitsClass::kFusedGradient, Numerics::kNative, "", {}},
                        GradientClass{BitsClass::kUnfusedGradient, Numerics::kPortable, "", {}}};
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.usable && t.fused) classes[0].target = t.name;
    if (t.usable) classes[1].target = t.name;
  }
  std::vector<Tally> tallies;
  for (const cpu::TargetInfo& t : targets) {
    if (t.fused) tallies.emplace_back(t.name, BitsClass::kFusedGradient, false);
    tallies.emplace_back(t.name, BitsClass::kUnfusedGradient, t.fused);
  }
  for (const problems::ParsedConv& parsed : Corpus(report.quick)) {
    const ConvProblem& problem = parsed.problem;
    if (report.quick && !IsSmall(problem)) {
      if (step) step();
      continue;
    }
    const GradientData data(parsed);
    for (GradientClass& c : classes) {
      report.classes[static_cast<size_t>(c.bits_class)].problems.push_back(parsed.text);
      if (c.target.empty()) continue;
      const auto conv = [&](const std::string& target, const BackwardAlgorithms& algorithms) {
        return Conv2d(BoundGradient(problem, target, c.numerics, algorithms), data.forward.weights);
      };
      const Output expected{
          ComputeGradients(conv(c.target, PairNamed("reference/reference")), data, Layout::kNchw),
          {}};
      Add(expected, c.digest);
      for (Tally& tally : tallies) {
        if (tally.bits_class() != c.bits_class) continue;
        const Conv2d any = conv(tally.target(), {});
        tally.Run(
            parsed.text, expected,
            [&](Layout layout) {
              return Pairs(problem, any, data, layout, tally.target(), c.numerics);
            },
            [&](Layout layout, const std::string& pair) {
              return Output{ComputeGradients(conv(tally.target(), PairNamed(pair)), data, layout),
                            {}};
            });
      }
    }
    if (step) step();
  }
  for (GradientClass& c : classes) {
    if (!c.target.empty())
      report.classes[static_cast<size_t>(c.bits_class)].digest = c.digest.Finish();
  }
  for (Tally& tally : tallies) report.targets.push_back(tally.Finish());
}

}  // namespace windrow::tool
