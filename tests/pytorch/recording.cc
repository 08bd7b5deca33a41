#include "tests/pytorch/recording.h"

#include <algorithm>

namespace windrow::test {
namespace {

// The words of a problem; what is absent has PyTorch's default.
void ParseProblem(Recorded& r) {
  Problem& p = r.problem;
  Attributes a(r.text);
  p.mb = a.Number("mb", "1"), p.g = a.Number("g", "1");
  p.ic = a.Number("ic", ""), p.oc = a.Number("oc", "");
  p.ih = a.Number("ih", ""), p.iw = a.Number("iw", "");
  p.kernel = a.Pair("k", ""), p.stride = a.Pair("s", "1");
  p.dilation = a.Pair("d", "1");
  if (a.Has("pt")) {
    const int64_t top = a.Number("pt", ""), bottom = a.Number("pb", ""), left = a.Number("pl", "");
    p.padding = Padding::Sides(top, bottom, left, a.Number("pr", ""));
  } else {
    const Size2 padding = a.Pair("p", "0");
    p.padding = Padding(padding.h, padding.w);
  }
  if (a.Flag("same")) p.padding = Padding::Same();
  if (a.Flag("reflect")) p.mode = PaddingMode::kReflect;
  if (a.Flag("replicate")) p.mode = PaddingMode::kReplicate;
  if (a.Flag("circular")) p.mode = PaddingMode::kCircular;
  p.bias = a.Flag("bias");
  const auto or_else = [&](const char* name, int64_t otherwise) {
    return a.Has(name) ? a.Number(name, "") : otherwise;
  };
  r.channels = or_else("channels", p.ic);
  r.weights = or_else("weights", p.g > 0 ? std::max<int64_t>(p.weights(), 0) : 0);
  r.biases = or_else("biases", p.bias ? std::max<int64_t>(p.oc, 0) : 0);
  a.ExpectNone();
}

}  // namespace

Recorded ParseRecorded(const std::string& line) {
  Recorded r;
  ParseLine(line, r, [&] { ParseProblem(r); });
  return r;
}

}  // namespace windrow::test
