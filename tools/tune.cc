// windrow tune: which plan of a convolution is the fastest on this machine, for wisdom.
//
// The plans of a call are timed in the same rounds, in turn, and compared by their medians. The
// estimate's choice stays where another is hardly faster.
#include <fmt/format.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/rounds.h"
#include "tools/cli.h"
#include "tools/file.h"
#include "tools/json_output.h"
#include "tools/machine.h"
#include "tools/targets.h"
#include "tools/tune_problems.h"
#include "tools/values.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

constexpr int kTuneRounds = 15;
constexpr double kClearly = 1.03;  // as many times as long
constexpr double kHopeless = 3;

struct TuneOptions {
  std::vector<std::string> problems, targets;
  std::string layout = "both", output, json;
  int threads = 1;
};

// A problem's tensors.
struct Data {
  explicit Data(const problems::ConvProblem& p)
      : x(p.input(), p.x_layout),
        y(p.output(), p.y_layout),
        residual(p.residual == problems::Residual::kSeparate ? p.output() : Shape(1, 1, 1, 1),
                 p.residual_layout),
        weights(static_cast<size_t>(p.weights())),
        bias(p.bias ? static_cast<size_t>(p.oc) : 0),
        args{.x = x, .y = y} {
    Random random(1);
    for (const std::span<float> to : {ElementsOf(x), ElementsOf(residual), std::span(weights)}) {
      Fill(to, random, Values::kPlain);
    }
    std::fill(y.data(), y.data() + y.shape().elements(), 0.0f);
    if (p.residual == problems::Residual::kSeparate) args.residual = residual.view();
    if (p.residual == problems::Residual::kInPlace) args.residual = y.view();
  }

  Tensor x, y, residual;
  std::vector<float> weights, bias;
  RunArgs args;
};

struct PlanTime {
  std::string plan;
  double cycles, microseconds;  // estimated, measured
};

struct Tuned {
  std::vector<PlanTime> plans;  // the estimate's choice first
  size_t fastest = 0;
  double ratio = 1;  // of the first plan's time to the fastest's
};

// All plans of a call but the reference, the best by estimate first.
std::vector<PlanTime> PlansOf(const problems::ConvProblem& p, const std::string& target,
                              const Data& data) {
  Conv2dOptions o = Options(p, target, "auto");
  o.tuning = Tuning::kMeasure;
  const Explanation e = Conv2d(o, data.weights, data.bias).Explain(data.args);
  std::vector<PlanTime> plans;
  for (const Explanation::Candidate& c : e.candidates) {
    if (!c.accepts || c.algorithm == "reference") continue;
    plans.push_back({c.algorithm, c.cycles, 0});
    if (c.algorithm == e.algorithm) std::swap(plans.front(), plans.back());
  }
  if (plans.empty()) plans.push_back({e.algorithm, 0, 0});
  return plans;
}

Tuned Tune(const problems::ConvProblem& p, const std::string& target, int threads) {
  Data data(p);
  bench::Rounds rounds;
  Tuned tuned;
  std::vector<std::shared_ptr<Conv2d>> convs;
  double best = 0;
  for (const PlanTime& plan : PlansOf(p, target, data)) {
    auto conv = std::make_shared<Conv2d>(Options(p, target, plan.plan), data.weights, data.bias);
    const bench::Batch batch([conv, &data] { conv->Run(data.args); }, threads == 1);
    const double seconds = batch.estimated_seconds();
    if (!tuned.plans.empty() && seconds > kHopeless * best) continue;
    best = tuned.plans.empty() ? seconds : std::min(best, seconds);
    rounds.Add(batch);
    tuned.plans.push_back(plan);
    convs.push_back(std::move(conv));
  }
  rounds.Run(kTuneRounds, 0);
  for (size_t i = 0; i < tuned.plans.size(); ++i) {
    tuned.plans[i].microseconds = 1e6 * bench::Median(rounds.samples(i));
    if (tuned.plans[i].microseconds < tuned.plans[tuned.fastest].microseconds) tuned.fastest = i;
  }
  tuned.ratio = bench::MedianRatio(rounds.samples(0), rounds.samples(tuned.fastest));
  if (tuned.ratio < kClearly) tuned.fastest = 0, tuned.ratio = 1;
  wisdom::Remember(convs[tuned.fastest]->Explain(data.args));
  return tuned;
}

Json ToJson(const TuneProblem& problem, const std::string& target, const Tuned& t) {
  Json plans = Json::array();
  for (const PlanTime& plan : t.plans) {
    plans.push_back({{"plan", plan.plan},
                     {"estimated_cycles", plan.cycles},
                     {"microseconds", plan.microseconds}});
  }
  return {{"name", problem.name},
          {"problem", ToString(problem.problem)},
          {"layout", ToString(problem.problem.x_layout)},
          {"target", target},
          {"estimate", t.plans.front().plan},
          {"fastest", t.plans[t.fastest].plan},
          {"ratio", t.ratio},
          {"plans", plans}};
}

void Print(const TuneProblem& problem, const std::string& target, const Tuned& t,
           std::ostream& text) {
  const PlanTime &estimate = t.plans.front(), &fastest = t.plans[t.fastest];
  text << fmt::format("{:<30} {:<9} {:<16} {:>9.1f}   {:<16} {:>9.1f}  {:>5.2f}\n", problem.name,
                      target, estimate.plan, estimate.microseconds, fastest.plan,
                      fastest.microseconds, t.ratio);
  text.flush();
}

// How good the estimates are.
struct RatioSummary {
  std::string worst;
  double ratio = 1, logarithms = 0;
  int calls = 0;

  void Add(const std::string& name, double r) {
    if (calls++ == 0 || r > ratio) worst = name, ratio = r;
    logarithms += std::log(r);
  }
  double mean() const { return std::exp(logarithms / std::max(calls, 1)); }
};

int RunTune(const TuneOptions& o, std::ostream& out) {
  if (o.output == "-" && o.json == "-") {
    throw std::invalid_argument("the wisdom and the results are both to go to standard output");
  }
  const std::vector<TuneProblem> problems = ReadTuneProblems(o.problems, o.layout);
  const std::vector<cpu::TargetInfo> targets =
      ChooseTargets(o.targets.empty() ? std::vector<std::string>{cpu::ActiveTarget()} : o.targets);
  std::ostream nowhere(nullptr);
  std::ostream& text = o.json == "-" || o.output == "-" ? nowhere : out;
  text << fmt::format(
      "f32, {} thread{}; microseconds, medians of {} rounds\n\n"
      "{:<30} {:<9} {:<16} {:>9}   {:<16} {:>9}  {:>5}\n",
      o.threads, o.threads == 1 ? "" : "s", kTuneRounds, "call", "target", "estimate", "us",
      "fastest", "us", "ratio");
  wisdom::Forget();
  Json rows = Json::array();
  RatioSummary summary;
  tbb::task_arena arena(o.threads);
  for (const TuneProblem& p : problems) {
    for (const cpu::TargetInfo& target : targets) {
      if (!p.target.empty() && p.target != target.name) continue;
      arena.execute([&] {
        const Tuned tuned = Tune(p.problem, target.name, o.threads);
        Print(p, target.name, tuned, text);
        rows.push_back(ToJson(p, target.name, tuned));
        summary.Add(p.name, tuned.ratio);
      });
    }
  }
  text << fmt::format(
      "\nestimate / fastest of {} calls: {:.3f} in the geometric mean, {:.2f} at "
      "worst ({})\n",
      summary.calls, summary.mean(), summary.ratio, summary.worst);
  if (!o.output.empty()) WriteOutput(o.output, wisdom::Text(), out);
  WriteJson(o.json,
            {{"version", Version()},
             {"cpu", ThisMachine().cpu},
             {"threads", o.threads},
             {"rounds", kTuneRounds},
             {"geometric_mean", summary.mean()},
             {"calls", rows}},
            out);
  return 0;
}

}  // namespace

Command TuneCommand() {
  const auto o = std::make_shared<TuneOptions>();
  return {"tune",
          "SHAPES... [-o FILE] [--layout nchw|nhwc|both] [--target T]... [--threads N] "
          "[--json FILE]",
          "Find the fastest plans of convolutions, for WINDROW_WISDOM",
          {{"shapes",
            "files of layers such as bench/shapes/layers.txt, or of problems, one a line; or "
            "problems, such as \"ic64 oc128 k3 s2 p1 ih56 iw56 nhwc\"",
            &o->problems, true},
           {.name = "--output,-o",
            .description = "Write the wisdom to this file; -: to standard output, instead of text",
            .to = &o->output,
            .value_name = "FILE"},
           {.name = "--layout",
            .description = "Of files of layers: this layout, or both",
            .to = &o->layout,
            .choices = {"nchw", "nhwc", "both"}},
           {"--target", "This SIMD target, may be repeated; the active one if none", &o->targets},
           {"--threads", "Threads", Count{&o->threads, 1024}},
           ResultsArgument("--json", "JSON", o->json)},
          [o](std::ostream& out, std::ostream&) { return RunTune(*o, out); }};
}

}  // namespace windrow::tool
