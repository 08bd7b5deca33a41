#include "tools/pool_corpus.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "tools/values.h"

namespace windrow::tool {

using problems::PoolProblem;

namespace {

// Cases worth naming. The first ones and then every fourth are in the quick corpus too, so that it
// reaches every kernel.
constexpr size_t kFirst = 39;
constexpr std::string_view kListed[] = {
    // Layers as networks have them, small; the first is large enough for several threads.
    "maxpool c64 i56 k3 s2 p1 indices",
    "maxpool c64 i56 k3 s2 p1",
    "maxpool mb8 c6 i28 k2",
    "avgpool mb8 c16 i10 k2",
    "maxpool c40 i35 k3 s1 p1",
    "avgpool c40 i35 k3 s1 p1",
    "maxpool c33 i19 k9 s1 p4",
    "avgpool c33 i19 k13 s1 p6",
    "maxpool c2 ih40 iw65 k2 indices",
    "avgpool c3 ih40 iw65 k2",
    // Windows two and three rows high, at every stride that leaves out no row.
    "maxpool c3 ih20 iw21 k2x3 s1",
    "maxpool c3 ih20 iw21 k2x3 s1 indices",
    "avgpool c3 ih20 iw21 k2x3 s1",
    "maxpool c3 ih20 iw21 k2x3 s2x1",
    "maxpool c3 ih20 iw21 k2x3 s2x1 indices",
    "avgpool c3 ih20 iw21 k2x3 s2x1",
    "maxpool c3 ih20 iw21 k3x2 s1",
    "maxpool c3 ih20 iw21 k3x2 s1 indices",
    "avgpool c3 ih20 iw21 k3x2 s1",
    "maxpool c3 ih20 iw21 k3x2 s2",
    "maxpool c3 ih20 iw21 k3x2 s2 indices",
    "avgpool c3 ih20 iw21 k3x2 s2",
    "maxpool c3 ih20 iw21 k3x2 s3",
    "maxpool c3 ih20 iw21 k3x2 s3 indices",
    "avgpool c3 ih20 iw21 k3x2 s3",
    "maxpool c3 ih20 iw21 k2 s1",
    "maxpool c3 ih20 iw21 k2 s1 indices",
    "avgpool c3 ih20 iw21 k2 s1",
    // Rows that end within a vector: of 4, 8 or 16 floats.
    "maxpool c3 ih20 iw9 k3 s1 p1 indices",
    "maxpool c3 ih20 iw21 k3 s1 p1 indices",
    "maxpool c3 ih20 iw21 k3 s3",
    "maxpool c3 ih20 iw21 k3 s3 indices",
    "avgpool c3 ih20 iw21 k3 s3",
    "avgpool c3 ih20 iw41 k3 s2",
    // Planes of which a vector holds several rows of outputs, on every target.
    "maxpool mb2 c9 ih6 iw4 k2",
    "maxpool mb2 c9 ih6 iw4 k2 indices",
    "avgpool mb2 c9 ih6 iw4 k2",
    "adaptivemax c500 i7 o1",
    "avgpool c500 i7 k7",
    // More layers.
    "maxpool c33 i19 k13 s1 p6 indices",
    "adaptiveavg c500 i7 o1",
    "adaptivemax c500 i7 o1 indices",
    "maxpool c24 i36 k3 s2 ceil indices",
    // One of everything.
    "maxpool c1 i1 k1 indices",
    "avgpool c1 i1 k1",
    "maxpool c1 ih6 iw8 k1x2 s1 indices",
    "avgpool c1 ih1 iw9 k1x3 s1x2 p0x1",
    "maxpool c5 ih17 iw19 k3x5 s2x3 pt1 pb0 pl2 pr1 indices",
    "maxpool c7 i11 k4x2 same indices",
    "avgpool c7 i12 k3 s2 same",
    "maxpool c3 i15 k3 s1 d2 p1 indices",
    "maxpool c9 ih20 iw31 k3x2 s2x1 d3x4 p1 ceil indices",
    // A window between whose taps the whole input lies.
    "maxpool c3 i2 k2 d3 p1 indices",
    "avgpool c6 i9 k2 s3 ceil",
    "avgpool c20 i13 k3 s2 p1 excludepad",
    "avgpool c20 i14 k3 s2 p1 ceil",
    "avgpool c20 i14 k3 s2 p1 ceil excludepad",
    "avgpool c20 i13 k3 s2 p1 ceil divisor7",
    "avgpool c4 i10 k3 s2 p1 excludepad divisor-3",
    "adaptiveavg c9 ih5 iw7 o3x4",
    "adaptivemax c9 ih13 iw31 o5x7 indices",
    "adaptiveavg c3 i4 o7",
    "adaptivemax c40 i9 oh-1 ow2 indices",
    // Wide, narrow, odd tails.
    "maxpool c130 ih2 iw41 k2 s1 indices",
    "maxpool c1 ih9 iw300 k3 s2 p1 indices",
    "avgpool c1 ih300 iw5 k5 s1 p2",
    "maxpool mb2 c17 ih8 iw33 k2x3 s1 p1 indices",
    "maxpool c1100 ih3 iw2 k2 s1 indices",
    // Values at the edges of the format.
    "maxpool c19 i9 k3 s1 p1 indices values=zeros",
    "maxpool c19 i9 k3 s1 p1 values=zeros",
    "avgpool c19 i9 k3 s2 values=zeros",
    "maxpool c3 i33 k2 indices values=zeros",
    "maxpool mb2 c7 i4 k2 indices values=zeros",
    "maxpool c19 i9 k3 s2 p1 indices values=denormal",
    "avgpool c19 i9 k3 s1 p1 values=denormal",
    "maxpool c19 i9 k3 s1 p1 indices values=huge",
    "avgpool c19 i9 k3 s1 p1 values=huge",
    "adaptiveavg c3 i17 o4 values=huge",
    "maxpool c19 i9 k3 s1 p1 indices values=nonfinite",
    "maxpool c19 i9 k3 s1 p1 values=nonfinite",
    "maxpool c3 i33 k2 indices values=nonfinite",
    "maxpool mb2 c7 i4 k2 indices values=nonfinite",
    "maxpool c3 i33 k5x3 s1 p2x1 values=nonfinite",
    "avgpool c19 i9 k3 s1 p1 values=nonfinite",
    "adaptivemax c19 i9 o4 indices values=nonfinite",
    "adaptiveavg c3 i33 o4 values=nonfinite",
    "adaptivemax c3 i17 o4 indices values=huge",
    "adaptivemax c9 i17 o4x5 indices values=denormal",
    "adaptiveavg c65 i9 o2x3 values=denormal",
    "adaptivemax c65 i9 o4 values=zeros",
};

// One direction of a window that fits its image.
struct Axis {
  explicit Axis(Random& random, bool dilated, int64_t more) {
    kernel = random.Between(1, 5);
    dilation = dilated ? random.Between(1, 3) : 1;
    stride = random.Between(1, 3);
    before = random.Between(0, kernel / 2);
    after = random.Between(0, kernel / 2);
    const int64_t least = std::max<int64_t>(1, (kernel - 1) * dilation + 1 - before - after);
    image = least + random.Below(more);
  }
  int64_t kernel, dilation, stride, before, after, image;
};

std::string RandomWindow(Random& random, bool average) {
  const bool dilated = !average && random.OneIn(3);
  // A statement each, here and below: the arguments of a call are evaluated in any order.
  const Axis h(random, dilated, 12);
  const Axis w(random, dilated, random.OneIn(3) ? 70 : 20);
  std::string text =
      fmt::format("ih{} iw{} k{}x{} s{}x{} pt{} pb{} pl{} pr{}", h.image, w.image, h.kernel,
                  w.kernel, h.stride, w.stride, h.before, h.after, w.before, w.after);
  if (dilated) text += fmt::format(" d{}x{}", h.dilation, w.dilation);
  if (random.OneIn(3)) text += " ceil";
  if (average && random.OneIn(3)) text += " excludepad";
  if (average && random.OneIn(5)) text += fmt::format(" divisor{}", random.Between(1, 9));
  return text;
}

std::string RandomAdaptive(Random& random) {
  const int64_t h = random.Between(1, 14), w = random.Between(1, 40);
  const int64_t output_h = random.Between(1, 9), output_w = random.Between(1, 9);
  return fmt::format("ih{} iw{} o{}x{}", h, w, output_h, output_w);
}

}  // namespace

std::string RandomPooling(Random& random) {
  const bool average = random.OneIn(2), adaptive = random.OneIn(5);
  const int64_t batch = random.OneIn(4) ? 2 : 1;
  const int64_t channels = random.Between(1, random.OneIn(2) ? 70 : 9);
  std::string text =
      fmt::format("{}{} mb{} c{} ", adaptive ? "adaptive" : "",
                  std::string(average ? "avg" : "max") + (adaptive ? "" : "pool"), batch, channels);
  text += adaptive ? RandomAdaptive(random) : RandomWindow(random, average);
  if (!average && !random.OneIn(3)) text += " indices";
  static constexpr std::array kValues = {"zeros", "denormal", "huge", "nonfinite"};
  if (random.OneIn(3)) {
    text += fmt::format(" values={}", kValues[static_cast<size_t>(random.Below(4))]);
  }
  return text;
}

problems::ParsedPool ParseValidPool(const std::string& text) {
  problems::ParsedPool parsed = problems::ParsePool(text);
  // The library says what is wrong, if anything is.
  const PoolProblem& p = parsed.problem;
  static_cast<void>(MakePooling(p, "", "auto").OutputShape(p.input()));
  return parsed;
}

std::vector<problems::ParsedPool> PoolCorpus(bool quick) {
  std::vector<problems::ParsedPool> all;
  for (size_t i = 0; i < std::size(kListed); ++i) {
    if (!quick || i < kFirst || i % 4 == 0) all.push_back(problems::ParsePool(kListed[i]));
  }
  Random random(2025);
  for (int i = 0; i < (quick ? 40 : 600); ++i) {
    all.push_back(problems::ParsePool(RandomPooling(random)));
  }
  return all;
}

Tensor MakePoolData(const problems::ParsedPool& parsed) {
  Random random(SeedOf(parsed.text));
  Tensor x(parsed.problem.input());
  Fill(ElementsOf(x), random, parsed.problem.values);
  return x;
}

}  // namespace windrow::tool
