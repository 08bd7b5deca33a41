// windrow selftest: runs the corpus; see selftest_report.cc for what it prints.
//
//   for each problem of the corpus:
//     for each class: the reference's output
//     for each target and class: for each layout and each algorithm that accepts it: memcmp
#include "tools/selftest.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>
#include <memory>
#include <optional>
#include <ostream>

#include "tools/cli.h"
#include "tools/corpus.h"
#include "tools/digest.h"
#include "tools/file.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

// The digests that every machine must have, of the whole corpus and of the quick one. A change of
// the corpus changes them; nothing else may.
struct Recorded {
  const char *fused, *unfused;
};
constexpr Recorded kRecordedFull = {
    "8ee4e009028ca942c02ebbdfeb778f9f0e721019457e800338b587ac7549d583",
    "9b8f9b47bc617c7e5692844630f767e4c3358e69f96a4b4c3bfa44ccc9035cca"};
constexpr Recorded kRecordedQuick = {
    "5a3c1cd14b2d1c07dbad76bb2b67312619ec57dd05c1d0e299a6294735cc7883",
    "5b5b0f7bdf25643b9ec1e0467341995f82d4651a82348648e79651ead896ed50"};

// A NaN that no kernel writes, so that an element left out shows.
constexpr uint32_t kPoison = 0x7FA5A5A5;

Conv2dOptions Bound(const Problem& problem, const std::string& target, Numerics numerics,
                    const std::string& algorithm) {
  Conv2dOptions options = problem.options;
  options.target = target;
  options.numerics = numerics;
  options.algorithm = algorithm;
  return options;
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
  std::fill_n(y.data(), output.elements(), std::bit_cast<float>(kPoison));
  conv.Run(args);
  Copy(y, result);
  return result;
}

std::optional<Difference> Compare(const Tensor& expected, const Tensor& computed) {
  const Shape& s = expected.shape();
  if (std::memcmp(expected.data(), computed.data(),
                  static_cast<size_t>(s.elements()) * sizeof(float)) == 0) {
    return std::nullopt;
  }
  Difference d;
  for (int64_t i = s.elements(); i-- > 0;) {
    const auto a = std::bit_cast<uint32_t>(expected.data()[i]);
    const auto b = std::bit_cast<uint32_t>(computed.data()[i]);
    if (a == b) continue;
    ++d.elements;
    d.expected = a;
    d.computed = b;
    d.w = i % s.w();
    d.h = i / s.w() % s.h();
    d.c = i / (s.w() * s.h()) % s.c();
    d.n = i / (s.w() * s.h() * s.c());
  }
  return d;
}

// One target in one class.
class Runner {
 public:
  Runner(const cpu::TargetInfo& target, bool portable) {
    result_.target = target.name;
    result_.portable = portable;
    result_.numerics_class =
        target.fused && !portable ? NumericsClass::kFused : NumericsClass::kUnfused;
  }

  NumericsClass numerics_class() const { return result_.numerics_class; }

  void Run(const Problem& problem, const ProblemData& data, const Tensor& expected) {
    const auto start = std::chrono::steady_clock::now();
    const Numerics numerics = result_.portable ? Numerics::kPortable : Numerics::kNative;
    Tensor hashed;
    bool differs = false;
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      const Conv2d any(Bound(problem, result_.target, numerics, "auto"), data.weights, data.bias);
      for (const auto& candidate : any.Explain(problem.input, layout).candidates) {
        if (!candidate.accepts) continue;
        const Conv2d conv(Bound(problem, result_.target, numerics, candidate.algorithm),
                          data.weights, data.bias);
        Tensor computed = Compute(conv, data, layout, expected.shape());
        ++result_.runs;
        if (auto difference = Compare(expected, computed)) {
          difference->algorithm = candidate.algorithm;
          difference->layout = layout;
          difference->problem = problem.text;
          result_.differences.push_back(*difference);
          if (!differs) hashed = std::move(computed);
          differs = true;
        } else if (!differs) {
          hashed = std::move(computed);
        }
      }
    }
    digest_.Add(hashed);
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    result_.problem_seconds.push_back(seconds.count());
    result_.seconds += seconds.count();
  }

  TargetResult Finish() {
    result_.digest = digest_.Finish();
    return std::move(result_);
  }

 private:
  TargetResult result_;
  Digest digest_;
};

// What a class must give. The reference is scalar code; a target of class F only switches it to
// that class.
class Reference {
 public:
  explicit Reference(NumericsClass numerics_class) : class_(numerics_class) {
    for (const cpu::TargetInfo& t : cpu::Targets()) {
      if (t.usable && (t.fused || class_ == NumericsClass::kUnfused)) target_ = t.name;
    }
  }

  bool available() const { return !target_.empty(); }

  Tensor Compute(const Problem& problem, const ProblemData& data, const Shape& output) {
    const Numerics numerics =
        class_ == NumericsClass::kFused ? Numerics::kNative : Numerics::kPortable;
    const Conv2d conv(Bound(problem, target_, numerics, "reference"), data.weights, data.bias);
    Tensor y = tool::Compute(conv, data, Layout::kNchw, output);
    digest_.Add(y);
    return y;
  }

  std::string Finish() { return available() ? digest_.Finish() : ""; }

 private:
  NumericsClass class_;
  std::string target_;
  Digest digest_;
};

std::vector<Runner> MakeRunners(const std::vector<std::string>& wanted) {
  for (const std::string& name : wanted) {
    const float one[] = {1};
    Conv2dOptions o;
    o.in_channels = o.out_channels = 1;
    o.kernel_size = 1;
    o.target = name;
    Conv2d(o, one);  // throws for a target that is not usable
  }
  std::vector<Runner> runners;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    const bool chosen =
        wanted.empty() || std::find(wanted.begin(), wanted.end(), t.name) != wanted.end();
    if (!t.usable || !chosen) continue;
    runners.emplace_back(t, false);
    if (t.fused) runners.emplace_back(t, true);
  }
  return runners;
}

}  // namespace

SelftestReport RunSelftest(std::vector<std::string> targets, bool quick) {
  std::vector<Runner> runners = MakeRunners(targets);
  std::array references = {Reference(NumericsClass::kFused), Reference(NumericsClass::kUnfused)};
  SelftestReport report;
  report.quick = quick;
  for (const Problem& problem : Corpus(quick)) {
    report.problems.push_back(problem.text);
    const std::vector<float> none(static_cast<size_t>(problem.WeightCount()));
    const Shape output = Conv2d(problem.options, none).OutputShape(problem.input);
    const ProblemData data = MakeData(problem, output);
    for (Reference& reference : references) {
      if (!reference.available()) continue;
      const Tensor expected = reference.Compute(problem, data, output);
      for (Runner& runner : runners) {
        if (&references[static_cast<size_t>(runner.numerics_class())] != &reference) continue;
        runner.Run(problem, data, expected);
      }
    }
  }
  for (Runner& runner : runners) report.targets.push_back(runner.Finish());
  const Recorded& recorded = quick ? kRecordedQuick : kRecordedFull;
  report.classes = {ClassResult{NumericsClass::kFused, references[0].Finish(), recorded.fused},
                    ClassResult{NumericsClass::kUnfused, references[1].Finish(), recorded.unfused}};
  return report;
}

void AddSelftest(CLI::App& app, Action& action) {
  CLI::App* command =
      AddCommand(app, "selftest", "[--target T]... [--json FILE] [--junit FILE] [--quick]",
                 "Check every SIMD target of this CPU, to the bit");
  struct Options {
    std::vector<std::string> targets;
    std::string json, junit;
    bool quick = false;
  };
  const auto o = std::make_shared<Options>();
  command->add_option("--target", o->targets, "Only this target; may be repeated")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--json", o->json, "Write the results to this file as JSON");
  command->add_option("--junit", o->junit, "Write the results to this file as JUnit XML");
  command->add_flag("--quick", o->quick, "A part of the corpus, with digests of its own");
  command->callback([o, &action] {
    action = [o](std::ostream& out) {
      const SelftestReport report = RunSelftest(o->targets, o->quick);
      out << ToText(report);
      if (!o->json.empty()) WriteFile(o->json, ToJson(report));
      if (!o->junit.empty()) WriteFile(o->junit, ToJunit(report));
      return report.ok() ? 0 : 1;
    };
  });
}

}  // namespace windrow::tool
