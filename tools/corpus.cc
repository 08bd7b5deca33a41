#include "tools/corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/values.h"

namespace windrow::tool {
namespace {

// Cases worth naming. Every fourth one is in the quick corpus too.
constexpr std::string_view kListed[] = {
    // Layers as networks have them, small.
    "ic64 oc64 k3 p1 i14 bias",
    "ic3 oc64 k7 s2 p3 i28 bias",
    "ic64 oc256 k1 i7",
    "ic256 oc64 k1 i7 bias residual clamp=0..6",
    "ic32 oc32 g32 k3 p1 i14 bias",
    "ic48 oc48 g48 k5 s2 p2 i13 bias clamp=0..6",
    "mb2 ic32 oc64 g4 k3 p1 i9",
    "ic16 oc32 k3 d2 p2 i15",
    // One of everything.
    "ic1 oc1 k1 i1",
    "ic1 oc1 k1x2 ih6 iw8",
    "mb3 ic1 oc6 k5 p2 i28 bias",
    "ic6 oc16 k5 i14 bias",
    "ic3 oc5 k3 ih17 iw19 s2x3 pt2 pb0 pl1 pr3",
    "ic5 oc7 k4x2 same i11 bias",
    "ic2 oc3 k3 s2 d2 same i12",
    "ic2 oc2 k2 p2 i1 bias",
    // More padding than kernel: outputs of nothing but padding.
    "ic3 oc4 k2 p5 i3 bias",
    "ic2 oc3 k3 d4 p7 i4",
    // Padding modes, as wide as they may be.
    "ic4 oc6 k3 p1 reflect i8 bias",
    "ic3 oc5 k5 pt3 pb2 pl4 pr1 reflect i6",
    "ic4 oc6 k3 p4 replicate i5",
    "ic2 oc9 k3x5 p3x5 circular ih3 iw5 s2",
    "ic6 oc6 g6 k3 p2 circular i7",
    "ic3 oc3 g3 k7 same reflect ih9 iw31",
    // Long reductions, wide and narrow outputs, odd tails.
    "ic500 oc3 k1 ih1 iw5 bias",
    "ic130 oc70 k3 p1 i5",
    "ic7 oc200 k1 ih3 iw3 bias",
    "ic1 oc17 k11x3 p5x1 ih40 iw4",
    "ic9 oc67 k3 p1 ih2 iw41 bias residual",
    "ic512 oc65 k3 p1 i6 bias",
    "ic1100 oc20 k3 i7 residual",
    "ic12 oc12 g3 k3 p1 ih31 iw2 residual clamp=-0.5..0.5",
    // Values at the edges of the format.
    "ic8 oc20 k3 p1 i6 bias values=zeros",
    "ic8 oc8 g8 k3 p1 i6 residual values=zeros",
    "ic8 oc20 k3 p1 i6 bias values=denormal",
    "ic6 oc6 g6 k3 p1 i6 values=denormal",
    "ic33 oc18 k1 i4 bias residual values=denormal",
    "ic8 oc20 k3 p1 i6 bias values=huge",
    "ic8 oc8 g8 k3 p1 i6 residual values=huge clamp=-1e38..3e38",
    "ic8 oc20 k3 p1 i6 bias values=nonfinite",
    "ic8 oc8 g8 k3 p2 i6 values=nonfinite",
    "ic16 oc33 k1 i5 bias residual clamp=0..6 values=nonfinite",
    "ic3 oc10 k3 p1 reflect i6 values=nonfinite",
};

// The padding words; `reach` is what the kernel spans beyond its first pixel, `in` the input.
std::string RandomPadding(Random& random, Size2 reach, Size2 in) {
  static constexpr std::array kModes = {"zeros", "zeros", "reflect", "replicate", "circular"};
  const std::string mode = kModes[static_cast<size_t>(random.Below(std::ssize(kModes)))];
  // So much that the output is never empty, whatever the rest.
  const auto least = [](int64_t r, int64_t i) { return (std::max<int64_t>(r + 1 - i, 0) + 1) / 2; };
  const Size2 low{least(reach.h, in.h), least(reach.w, in.w)};
  // A statement each, here and below: the arguments of a call are evaluated in any order.
  const int64_t top = random.Between(low.h, std::max(low.h, reach.h));
  const int64_t bottom = random.Between(low.h, top);
  const int64_t left = random.Between(low.w, std::max(low.w, reach.w));
  const int64_t right = random.Between(low.w, left);
  const bool fits = mode == "reflect"    ? top < in.h && left < in.w
                    : mode == "circular" ? top <= in.h && left <= in.w
                                         : true;
  return fmt::format("pt{} pb{} pl{} pr{} {}", top, bottom, left, right, fits ? mode : "zeros");
}

}  // namespace

std::string RandomConvolution(Random& random) {
  // Plain, grouped or depthwise; few or many channels.
  const int64_t max = random.OneIn(3) ? 40 : 9;
  int64_t groups = random.OneIn(2) ? 1 : random.Between(1, 6);
  int64_t in = random.Between(1, max) * groups, out = random.Between(1, max) * groups;
  if (random.OneIn(4)) {
    groups = in = random.Between(1, 40);
    out = in * random.Between(1, 2);
  }
  const Size2 image{random.Between(1, 14), random.Between(1, 30)};
  const Size2 kernel{random.Between(1, 4), random.Between(1, 5)};
  const Size2 dilation{random.OneIn(4) ? 2 : 1, random.OneIn(4) ? 3 : 1};
  const Size2 stride{random.Between(1, 3), random.Between(1, 3)};
  const int64_t batch = random.OneIn(4) ? 2 : 1;
  std::string text =
      fmt::format("mb{} g{} ic{} oc{} ih{} iw{} k{}x{} s{}x{} d{}x{} ", batch, groups, in, out,
                  image.h, image.w, kernel.h, kernel.w, stride.h, stride.w, dilation.h, dilation.w);
  const Size2 reach{(kernel.h - 1) * dilation.h, (kernel.w - 1) * dilation.w};
  text += RandomPadding(random, reach, image);
  if (random.OneIn(2)) text += " bias";
  if (random.OneIn(4)) text += " residual";
  if (random.OneIn(4)) text += " clamp=-0.25..1";
  static constexpr std::array kValues = {"zeros", "denormal", "huge", "nonfinite"};
  if (random.OneIn(4)) {
    text += fmt::format(" values={}", kValues[static_cast<size_t>(random.Below(4))]);
  }
  return text;
}

std::vector<problems::ParsedConv> Corpus(bool quick) {
  std::vector<problems::ParsedConv> all;
  for (size_t i = 0; i < std::size(kListed); ++i) {
    if (!quick || i % 4 == 0) all.push_back(problems::ParseConv(kListed[i]));
  }
  Random random(2024);
  for (int i = 0; i < (quick ? 40 : 1000); ++i) {
    all.push_back(problems::ParseConv(RandomConvolution(random)));
  }
  return all;
}

problems::ParsedConv ParseValidConv(const std::string& text) {
  problems::ParsedConv parsed = problems::ParseConv(text);
  // The library says what is wrong, if anything is.
  const std::vector<float> weights(static_cast<size_t>(parsed.problem.weights()));
  static_cast<void>(
      Conv2d(Options(parsed.problem, "", "auto"), weights).OutputShape(parsed.problem.input()));
  return parsed;
}

std::vector<std::string> TextsOf(const std::vector<problems::ParsedConv>& all) {
  std::vector<std::string> texts;
  for (const problems::ParsedConv& parsed : all) texts.push_back(parsed.text);
  return texts;
}

ProblemData MakeData(const problems::ParsedConv& parsed) {
  const ConvProblem& p = parsed.problem;
  Random random(SeedOf(parsed.text));
  ProblemData data;
  data.x = Tensor(p.input());
  Fill(ElementsOf(data.x), random, p.values);
  data.weights.resize(static_cast<size_t>(p.weights()));
  // Half of the problems with non-finite values have finite weights, which may skip padding.
  const bool plain = p.values == Values::kNonFinite && random.OneIn(2);
  Fill(data.weights, random, plain ? Values::kPlain : p.values);
  if (p.bias) data.bias.resize(static_cast<size_t>(p.oc));
  Fill(data.bias, random, p.values);
  if (p.residual != problems::Residual::kNone) {
    data.residual = Tensor(p.output());
    Fill(ElementsOf(data.residual), random, p.values);
  }
  return data;
}

}  // namespace windrow::tool
