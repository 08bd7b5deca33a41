// The self-test of convolution's gradients, by data, weights and bias, of the problems of
// convolution's corpus. An algorithm is a pair, "direct/auto" or "auto/tiles": by data and by
// weights.
#include <optional>
#include <stdexcept>

#include "tools/corpus.h"
#include "tools/selftest_case.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

BackwardAlgorithms PairNamed(const std::string& name) {
  const size_t slash = name.find('/');
  if (slash == std::string::npos) return {.data = name, .weights = name};
  return {.data = name.substr(0, slash), .weights = name.substr(slash + 1)};
}

bool HasAccepting(const Explanation& e, const std::string& name) {
  if (name == "auto") return true;
  for (const auto& candidate : e.candidates) {
    if (candidate.algorithm == name) return candidate.accepts;
  }
  return false;
}

class GradientCase : public Case {
 public:
  explicit GradientCase(const std::string& text) : parsed_(ParseValidConv(text)) {}

  bool Accepts(const Way& way, CallRoom& room) override {
    if (way.algorithm == "auto" || way.algorithm == "reference") return true;
    const BackwardAlgorithms pair = PairNamed(way.algorithm);
    Way any = way;
    any.algorithm = "auto";
    MakeAll();
    const std::span<const float> weights = data_->weights;  // infinite ones may be refused
    const Conv2d conv(Bound(any), weights);
    const TensorView x = room.Take(CallRoom::kX, problem().input(), way.layout);
    const TensorView dy = room.Take(CallRoom::kY, problem().output(), way.layout);
    const std::span<float> dw = room.TakeFloats(CallRoom::kWeights, std::ssize(weights));
    if (!HasAccepting(conv.Explain(BackwardWeightsArgs{.x = x, .dy = dy, .dw = dw}),
                      pair.weights)) {
      return false;
    }
    const BackwardDataArgs args{.dy = dy, .dx = x};
    if (!HasAccepting(conv.Explain(args), pair.data)) return false;
    // One that accepts the phase of most multiply-adds may refuse another.
    try {
      static_cast<void>(Conv2d(Bound(way), weights).WorkspaceBytes(args, 1));
      return true;
    } catch (const std::invalid_argument&) {
      return false;
    }
  }

  // dx, dw and db in a row.
  Output Compute(const Way& way, CallRoom& room) override {
    MakeAll();
    const Conv2d conv(Bound(way), data_->weights);
    const Shape input = problem().input();
    const int64_t pixels = input.elements(), weights = std::ssize(data_->weights),
                  biases = dy_.shape().c();
    const TensorView dy = room.Take(CallRoom::kY, dy_, way.layout);
    BackwardDataArgs by_data{.dy = dy, .dx = room.Take(CallRoom::kGradient, input, way.layout)};
    by_data.workspace = room.TakeWorkspace([&](int t) { return conv.WorkspaceBytes(by_data, t); });
    const bool finite = StaysFinite(problem().values);
    room.Call(finite, [&] { conv.BackwardData(by_data); });

    BackwardWeightsArgs by_weights{.x = room.Take(CallRoom::kX, data_->x, way.layout),
                                   .dy = dy,
                                   .dw = room.TakeFloats(CallRoom::kWeights, weights),
                                   .db = room.TakeFloats(CallRoom::kBias, biases)};
    by_weights.workspace =
        room.TakeWorkspace([&](int t) { return conv.WorkspaceBytes(by_weights, t); });
    room.Call(finite, [&] { conv.BackwardWeights(by_weights); });

    Output result{Tensor(Shape(1, 1, 1, pixels + weights + biases))};
    float* const all = result.y.data();
    Copy(by_data.dx, TensorView(all, input, Layout::kNchw));
    std::copy(by_weights.dw.begin(), by_weights.dw.end(), all + pixels);
    std::copy(by_weights.db.begin(), by_weights.db.end(), all + pixels + weights);
    return result;
  }

 private:
  const ConvProblem& problem() const { return parsed_.problem; }
  Conv2dOptions Bound(const Way& way) const {
    ConvProblem p = problem();
    p.numerics = way.numerics;
    Conv2dOptions options = Options(p, way.target, "auto");
    options.backward = PairNamed(way.algorithm);
    return options;
  }
  void MakeAll() {
    if (data_) return;
    data_ = MakeData(parsed_);
    dy_ = Tensor(problem().output());
    Random random(SeedOf("dy " + parsed_.text));
    Fill(ElementsOf(dy_), random, problem().values);
  }

  problems::ParsedConv parsed_;
  std::optional<ProblemData> data_;
  Tensor dy_;
};

// Small enough for the quick test, which emulated CPUs run, too.
bool IsSmall(const ConvProblem& problem) {
  constexpr int64_t kMaxProducts =
      60'000;  // products of an input pixel and a weight of its channel
  const Shape s = problem.input();
  return s.n() * s.h() * s.w() * problem.weights() <= kMaxProducts;
}

class Gradients : public Subject {
 public:
  std::vector<std::string> Corpus(bool quick) const override {
    std::vector<problems::ParsedConv> all = tool::Corpus(quick);
    if (quick) std::erase_if(all, [](const auto& p) { return !IsSmall(p.problem); });
    return TextsOf(all);
  }
  std::string RandomProblem(Random& random) const override { return RandomConvolution(random); }
  std::vector<std::string> Algorithms() const override {
    std::vector<std::string> pairs;
    for (const std::string& name : windrow::Algorithms()) {
      if (name != "reference") pairs.push_back(name + "/auto");
    }
    for (const std::string& name : BackwardWeightsAlgorithms()) {
      if (name != "reference") pairs.push_back("auto/" + name);
    }
    return pairs;
  }
  std::unique_ptr<Case> Make(const std::string& text) const override {
    return std::make_unique<GradientCase>(text);
  }
  std::vector<std::string> Simpler(const std::string& text) const override {
    return SimplerConvolutions(text);
  }
};

}  // namespace

const Subject& GradientSubject() {
  static const Gradients subject;
  return subject;
}

}  // namespace windrow::tool
