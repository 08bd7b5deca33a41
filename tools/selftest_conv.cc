// The self-test of convolution, in each of the numerics classes that the targets have.
#include <array>

#include "tools/corpus.h"
#include "tools/selftest_run.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

Conv2dOptions Bound(ConvProblem p, const std::string& target, Numerics numerics,
                    const std::string& algorithm) {
  p.numerics = numerics;
  return Options(p, target, algorithm);
}

// The output in nchw, computed from data in `layout`.
Tensor Compute(const Conv2d& conv, const ProblemData& data, Layout layout, const Shape& output) {
  Tensor x(data.x.shape(), layout), residual, y(output, layout), result(output);
  Copy(data.x, x);
  RunArgs args{.x = x, .y = y};
  if (data.residual.shape() == output) {
    residual = Tensor(output, layout);
    Copy(data.residual, residual);
    args.residual = residual;
  }
  Poison(y);
  conv.Run(args);
  Copy(y, result);
  return result;
}

// What a class must give. The reference is scalar code; a target of class F only switches it to
// that class.
class Reference {
 public:
  explicit Reference(BitsClass bits_class) : class_(bits_class) {
    for (const cpu::TargetInfo& t : cpu::Targets()) {
      if (t.usable && (t.fused || class_ == BitsClass::kUnfused)) target_ = t.name;
    }
  }

  bool available() const { return !target_.empty(); }

  Output Compute(const ConvProblem& problem, const ProblemData& data) {
    const Numerics numerics = class_ == BitsClass::kFused ? Numerics::kNative : Numerics::kPortable;
    const Conv2d conv(Bound(problem, target_, numerics, "reference"), data.weights, data.bias);
    Output result{tool::Compute(conv, data, Layout::kNchw, problem.output()), {}};
    Add(result, digest_);
    return result;
  }

  std::string Finish() { return available() ? digest_.Finish() : ""; }

 private:
  BitsClass class_;
  std::string target_;
  Digest digest_;
};

// One target natively, and in class U if its own is F.
void AddTallies(const cpu::TargetInfo& t, std::vector<Tally>& tallies) {
  tallies.emplace_back(t.name, t.fused ? BitsClass::kFused : BitsClass::kUnfused, false);
  if (t.fused) tallies.emplace_back(t.name, BitsClass::kUnfused, true);
}

void Run(Tally& tally, const problems::ParsedConv& parsed, const ProblemData& data,
         const Output& expected) {
  const ConvProblem& problem = parsed.problem;
  const Numerics numerics = tally.portable() ? Numerics::kPortable : Numerics::kNative;
  const auto conv = [&](const std::string& algorithm) {
    return Conv2d(Bound(problem, tally.target(), numerics, algorithm), data.weights, data.bias);
  };
  const Conv2d any = conv("auto");
  tally.Run(
      parsed.text, expected,
      [&](Layout layout) {
        std::vector<std::string> names;
        for (const auto& candidate : any.Explain(problem.input(), layout).candidates) {
          if (candidate.accepts) names.push_back(candidate.algorithm);
        }
        return names;
      },
      [&](Layout layout, const std::string& algorithm) {
        return Output{Compute(conv(algorithm), data, layout, expected.y.shape()), {}};
      });
}

}  // namespace

void TestConvolutions(const std::vector<cpu::TargetInfo>& targets, SelftestReport& report,
                      const Step& step) {
  std::vector<Tally> tallies;
  for (const cpu::TargetInfo& t : targets) AddTallies(t, tallies);
  std::array references = {Reference(BitsClass::kFused), Reference(BitsClass::kUnfused)};
  for (const problems::ParsedConv& parsed : Corpus(report.quick)) {
    const ProblemData data = MakeData(parsed);
    for (size_t i = 0; i < references.size(); ++i) {
      report.classes[i].problems.push_back(parsed.text);
      if (!references[i].available()) continue;
      const Output expected = references[i].Compute(parsed.problem, data);
      for (Tally& tally : tallies) {
        if (static_cast<size_t>(tally.bits_class()) == i) Run(tally, parsed, data, expected);
      }
    }
    if (step) step();
  }
  for (size_t i = 0; i < references.size(); ++i) report.classes[i].digest = references[i].Finish();
  for (Tally& tally : tallies) report.targets.push_back(tally.Finish());
}

}  // namespace windrow::tool
