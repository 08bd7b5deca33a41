// The self-test of convolution.
#include <optional>

#include "tools/corpus.h"
#include "tools/selftest_case.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

class ConvolutionCase : public Case {
 public:
  explicit ConvolutionCase(const std::string& text) : parsed_(ParseValidConv(text)) {}

  bool Accepts(const Way& way, CallRoom&) override {
    if (way.algorithm == "auto" || way.algorithm == "reference") return true;
    Way any = way;
    any.algorithm = "auto";
    const Conv2d conv(Bound(any), data().weights);  // infinite ones may be refused
    for (const auto& candidate : conv.Explain(problem().input(), way.layout).candidates) {
      if (candidate.algorithm == way.algorithm) return candidate.accepts;
    }
    return false;
  }

  Output Compute(const Way& way, CallRoom& room) override {
    const Shape output = problem().output();
    const Conv2d conv(Bound(way), data().weights, data().bias);
    RunArgs args{.x = room.Take(CallRoom::kX, data().x, way.layout),
                 .y = room.Take(CallRoom::kY, output, way.layout)};
    if (data().residual.shape() == output) {
      args.residual = room.Take(CallRoom::kResidual, data().residual, way.layout);
    }
    args.workspace = room.TakeWorkspace([&](int t) { return conv.WorkspaceBytes(args, t); });
    room.Call(StaysFinite(problem().values), [&] { conv.Run(args); });
    Output result{Tensor(output)};
    Copy(args.y, result.y);
    return result;
  }

 private:
  const ConvProblem& problem() const { return parsed_.problem; }
  const ProblemData& data() {
    if (!data_) data_ = MakeData(parsed_);
    return *data_;
  }
  Conv2dOptions Bound(const Way& way) const {
    ConvProblem p = problem();
    p.numerics = way.numerics;
    return Options(p, way.target, way.algorithm);
  }

  problems::ParsedConv parsed_;
  std::optional<ProblemData> data_;
};

class Convolutions : public Subject {
 public:
  std::vector<std::string> Corpus(bool quick) const override {
    return TextsOf(tool::Corpus(quick));
  }
  std::string RandomProblem(Random& random) const override { return RandomConvolution(random); }
  std::vector<std::string> Algorithms() const override {
    std::vector<std::string> names = windrow::Algorithms();
    std::erase(names, "reference");
    return names;
  }
  std::unique_ptr<Case> Make(const std::string& text) const override {
    return std::make_unique<ConvolutionCase>(text);
  }
  std::vector<std::string> Simpler(const std::string& text) const override {
    return SimplerConvolutions(text);
  }
};

}  // namespace

const Subject& ConvolutionSubject() {
  static const Convolutions subject;
  return subject;
}

}  // namespace windrow::tool
