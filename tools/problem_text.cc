#include "tools/problem_text.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

#include "tools/problem_words.h"

namespace windrow::tool {
namespace {

class ProblemParser {
 public:
  explicit ProblemParser(std::string_view text)
      : words_(text, {"mb", "g", "ic", "oc"}, {"i", "k", "s", "d"}) {
    problem_.text = text;
  }

  Problem Parse() {
    std::istringstream words(problem_.text);
    for (std::string word; words >> word;) {
      if (!Word(word) && !Clamp(word) && !words_.Setting(word, settings_) &&
          !words_.Numbers(word)) {
        Fail(
            "\"{}\" is not a word of a problem such as \"ic64 oc128 k3 s2 p1 ih56 iw56 nhwc\" or "
            "\"maxpool c64 k3 s2 p1 ih56 iw56 nhwc\"",
            word);
      }
    }
    Finish();
    return problem_;
  }

 private:
  bool Word(const std::string& word) {
    Conv2dOptions& o = problem_.options;
    if (word == "native" || word == "portable") {
      words_.Once("numerics", word);
      o.numerics = word == "native" ? Numerics::kNative : Numerics::kPortable;
    } else if (word == "bias" || word == "residual") {
      words_.Once(word, word);
      (word == "bias" ? problem_.bias : problem_.residual) = true;
    } else {
      static constexpr std::array kModes = {"zeros", "reflect", "replicate", "circular"};
      const auto mode = std::find(kModes.begin(), kModes.end(), word);
      if (mode == kModes.end()) return false;
      words_.Once("padding mode", word);
      o.padding_mode = static_cast<PaddingMode>(mode - kModes.begin());
    }
    return true;
  }

  bool Clamp(const std::string& word) {
    constexpr std::string_view kName = "clamp=";
    if (!word.starts_with(kName)) return false;
    words_.Once("clamp", word);
    const std::string value = word.substr(kName.size());
    if (value.empty()) Fail("\"{}\" names no clamp", word);
    const size_t dots = value.find("..");
    if (dots == std::string::npos) Fail("\"{}\" is not of the form clamp=0..6", word);
    problem_.options.epilogue = {Bound(value.substr(0, dots), word),
                                 Bound(value.substr(dots + 2), word)};
    return true;
  }

  static float Bound(const std::string& text, const std::string& word) {
    char* end = nullptr;
    const float value = std::strtof(text.c_str(), &end);  // libc++ 14 has no from_chars of floats
    if (text.empty() || end != text.c_str() + text.size()) {
      Fail("\"{}\" has the bound \"{}\", which is not a number", word, text);
    }
    return value;
  }

  void Finish() {
    Conv2dOptions& o = problem_.options;
    o.in_channels = words_.Need("ic");
    o.out_channels = words_.Need("oc");
    o.kernel_size = words_.Need2("k");
    const Size2 image = words_.Need2("i");
    problem_.input = Shape(words_.Get("mb", 1), o.in_channels, image.h, image.w);
    o.groups = words_.Get("g", 1);
    o.stride = words_.Get2("s", 1);
    o.dilation = words_.Get2("d", 1);
    o.padding = words_.GetPadding();
    o.target = settings_.target;
    o.algorithm = settings_.algorithm;
    problem_.layout = settings_.layout;
    problem_.values = settings_.values;
  }

  Problem problem_;
  ProblemWords words_;
  ProblemSettings settings_;
};

}  // namespace

int64_t Problem::WeightCount() const {
  const Conv2dOptions& o = options;
  if (o.groups < 1 || o.in_channels % o.groups != 0) {
    Fail("{} input channels are not divisible by {} groups", o.in_channels, o.groups);
  }
  // A shape, for its check that the bytes fit.
  return Shape(o.out_channels, o.in_channels / o.groups, o.kernel_size.h, o.kernel_size.w)
      .elements();
}

Problem ParseProblem(std::string_view text) { return ProblemParser(text).Parse(); }

}  // namespace windrow::tool
