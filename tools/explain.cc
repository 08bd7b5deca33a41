// windrow explain: which algorithm, target and tile a convolution or a pooling gets, and why.
#include <fmt/format.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "problems/conv_problem.h"
#include "problems/pool_problem.h"
#include "tools/cli.h"
#include "tools/json_output.h"
#include "tools/peer_text.h"
#include "windrow/windrow.h"

namespace windrow::tool {
namespace {

struct Explained {
  std::string text;
  Json json;
};

// What explanations of both kinds say.
Json Common(const std::string& problem, const Shape& input, Layout layout, const Explanation& e) {
  Json candidates = Json::array();
  for (const auto& c : e.candidates) {
    candidates.push_back(
        {{"algorithm", c.algorithm}, {"accepts", c.accepts}, {"reason", c.reason}});
    if (c.accepts) candidates.back()["cycles"] = c.cycles;
  }
  return {{"problem", problem},
          {"input", input.ToString()},
          {"layout", windrow::ToString(layout)},
          {"output", e.output.ToString()},
          {"algorithm", e.algorithm},
          {"target", e.target},
          {"tile", e.tile},
          {"candidates", candidates}};
}

// With indices it depends on their view too; what the views are of is not touched.
Explanation ExplainWithIndices(const Pooling& pooling, const Shape& input, Layout layout) {
  const Shape output = pooling.OutputShape(input);
  const auto count = [](const Shape& s) { return static_cast<size_t>(s.elements()); };
  const std::unique_ptr<float[]> x(new float[count(input)]), y(new float[count(output)]);
  const std::unique_ptr<int64_t[]> indices(new int64_t[count(output)]);
  return pooling.Explain({.x = ConstTensorView(x.get(), input, layout),
                          .y = TensorView(y.get(), output, layout),
                          .indices = IndexView(indices.get(), output, layout)});
}

Explained ExplainPooling(const std::string& text) {
  const problems::ParsedPool parsed = problems::ParsePool(text);
  const problems::PoolProblem& p = parsed.problem;
  const Shape input = p.input();
  const problems::AnyPooling pooling = MakePooling(p, parsed.target, parsed.algorithm);
  const Explanation e = p.indices() ? ExplainWithIndices(pooling, input, p.x_layout)
                                    : pooling.Explain(input, p.x_layout);
  const double bytes = 4.0 * static_cast<double>(input.elements()) +
                       (p.indices() ? 12.0 : 4.0) * static_cast<double>(e.output.elements());
  Explained explained{fmt::format("{} {}: {}{:.4g} MB (input, {} once)\n", input.ToString(),
                                  windrow::ToString(p.x_layout), e.ToString(), bytes / 1e6,
                                  p.indices() ? "output and indices" : "output"),
                      Common(text, input, p.x_layout, e)};
  explained.json["bytes"] = bytes;
  return explained;
}

Explained ExplainConvolution(const std::string& text) {
  const problems::ParsedConv parsed = problems::ParseConv(text);
  const problems::ConvProblem& p = parsed.problem;
  const Shape input = p.input();
  const std::vector<float> weights(static_cast<size_t>(p.weights()));
  const Conv2d conv(Options(p, parsed.target, parsed.algorithm), weights);
  const Explanation e = conv.Explain(input, p.x_layout);
  const double flops = 2.0 * static_cast<double>(e.multiply_adds);
  const double bytes =
      4.0 * (static_cast<double>(input.elements()) + static_cast<double>(weights.size()) +
             static_cast<double>(e.output.elements()));
  Explained explained{
      fmt::format("{} {}: {}{:.4g} MFLOP, {:.4g} MB (input, weights and output once), {:.3g} FLOP "
                  "a byte\n",
                  input.ToString(), windrow::ToString(p.x_layout), e.ToString(), flops / 1e6,
                  bytes / 1e6, flops / bytes),
      Common(text, input, p.x_layout, e)};
  explained.json["numerics"] = e.numerics;
  explained.json["flops"] = flops;
  explained.json["bytes"] = bytes;
  return explained;
}

int Explain(const std::vector<std::string>& words, const std::string& json, std::ostream& out) {
  const std::string said = fmt::format("{}", fmt::join(words, " "));
  const bool pooling = problems::IsPoolText(said);
  const std::string text = TranslatePeerText(said, pooling);
  const Explained explained = pooling ? ExplainPooling(text) : ExplainConvolution(text);
  if (json != "-") out << explained.text;
  WriteJson(json, explained.json, out);
  return 0;
}

}  // namespace

Command ExplainCommand() {
  struct Options {
    std::vector<std::string> words;
    std::string json;
  };
  const auto o = std::make_shared<Options>();
  return {"explain",
          "[--json FILE] \"ic64 oc128 k3 s2 p1 ih56 iw56 nhwc\"|"
          "\"maxpool c64 k3 s2 p1 ih56 iw56 nhwc\"",
          "Say how a convolution or a pooling is done, and why",
          {{"problem",
            "words in any order: mb g ic oc ih iw i k kh kw s p d, "
            "same, nchw, nhwc, reflect, portable, target=, algorithm= ...; of a pooling "
            "maxpool, avgpool, adaptivemax or adaptiveavg, mb c ih iw i k s p d o, ceil, "
            "excludepad, divisor, indices ...; or oneDNN's: mb1_ic64ih56oc128oh28kh3sh2ph1",
            &o->words, true},
           ResultsArgument("--json", "JSON", o->json)},
          [o](std::ostream& out, std::ostream&) { return Explain(o->words, o->json, out); }};
}

}  // namespace windrow::tool
