// windrow explain: which algorithm, target and tile a convolution or a pooling gets, and why.
#include <fmt/ostream.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/pool_text.h"
#include "tools/problem_text.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

int ExplainPooling(const std::string& text, std::ostream& out) {
  const PoolProblem problem = ParsePoolProblem(text);
  const ProblemSettings& s = problem.settings;
  const PoolExplanation e = problem.Bind(s.target, s.algorithm).Explain(problem.input, s.layout);
  const double bytes = 4.0 * static_cast<double>(problem.input.elements()) +
                       (problem.indices ? 12.0 : 4.0) * static_cast<double>(e.output.elements());
  fmt::print(out, "{} {}: {}", problem.input.ToString(), windrow::ToString(s.layout), e.ToString());
  fmt::print(out, "{:.4g} MB (input, {} once)\n", bytes / 1e6,
             problem.indices ? "output and indices" : "output");
  return 0;
}

int Explain(const std::string& text, std::ostream& out) {
  if (IsPoolText(text)) return ExplainPooling(text, out);
  const Problem problem = ParseProblem(text);
  const std::vector<float> weights(static_cast<size_t>(problem.WeightCount()));
  const Conv2d conv(problem.options, weights);
  const Explanation e = conv.Explain(problem.input, problem.layout);
  const double flops = 2.0 * static_cast<double>(e.multiply_adds);
  const double bytes =
      4.0 * (static_cast<double>(problem.input.elements()) + static_cast<double>(weights.size()) +
             static_cast<double>(e.output.elements()));
  fmt::print(out, "{} {}: {}", problem.input.ToString(), windrow::ToString(problem.layout),
             e.ToString());
  fmt::print(out, "{:.4g} MFLOP, {:.4g} MB (input, weights and output once), {:.3g} FLOP a byte\n",
             flops / 1e6, bytes / 1e6, flops / bytes);
  return 0;
}

}  // namespace

void AddExplain(CLI::App& app, Action& action) {
  CLI::App* command = AddCommand(app, "explain",
                                 "\"ic64 oc128 k3 s2 p1 ih56 iw56 nhwc\"|"
                                 "\"maxpool c64 k3 s2 p1 ih56 iw56 nhwc\"",
                                 "Say how a convolution or a pooling is done, and why");
  const auto words = std::make_shared<std::vector<std::string>>();
  command
      ->add_option("problem", *words,
                   "words in any order: mb g ic oc ih iw i k kh kw s p d, "
                   "same, nchw, nhwc, reflect, portable, target=, algorithm= ...; of a pooling "
                   "maxpool, avgpool, adaptivemax or adaptiveavg, mb c ih iw i k s p d o, ceil, "
                   "excludepad, divisor, indices ...")
      ->required();
  command->callback([words, &action] {
    action = [words](std::ostream& out) {
      return Explain(fmt::format("{}", fmt::join(*words, " ")), out);
    };
  });
}

}  // namespace windrow::tool
