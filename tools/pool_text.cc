#include "tools/pool_text.h"

#include <algorithm>
#include <array>
#include <sstream>

namespace windrow::tool {
namespace {

constexpr std::array kKinds = {"maxpool", "avgpool", "adaptivemax", "adaptiveavg"};

std::optional<PoolKind> KindOf(const std::string& word) {
  const auto found = std::find(kKinds.begin(), kKinds.end(), word);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<PoolKind>(found - kKinds.begin());
}

class PoolParser {
 public:
  explicit PoolParser(std::string_view text)
      : words_(text, {"mb", "c", "divisor"}, {"i", "k", "s", "d", "o"}) {
    p_.text = text;
  }

  PoolProblem Parse() {
    std::istringstream words(p_.text);
    for (std::string word; words >> word;) {
      if (!Word(word) && !words_.Setting(word, p_.settings) && !words_.Numbers(word)) {
        Fail("\"{}\" is not a word of a problem such as \"maxpool c64 ih112 iw112 k3 s2 p1 nhwc\"",
             word);
      }
    }
    if (!words_.Said("kind")) {
      Fail("the problem \"{}\" names none of {}", p_.text, fmt::join(kKinds, ", "));
    }
    Finish();
    return p_;
  }

 private:
  bool Word(const std::string& word) {
    if (const auto kind = KindOf(word)) {
      words_.Once("kind", word);
      p_.kind = *kind;
    } else if (word == "ceil") {
      words_.Once(word, word);
      p_.ceil = true;
    } else if (word == "excludepad") {
      words_.Once(word, word);
      p_.exclude_pad = true;
    } else if (word == "indices") {
      words_.Once(word, word);
      p_.indices = true;
    } else {
      return false;
    }
    return true;
  }

  // What has no meaning for this kind is not ignored.
  void Refuse(std::initializer_list<const char*> things) {
    for (const char* thing : things) {
      if (words_.Said(thing)) {
        Fail("the problem \"{}\": {} has no {}", p_.text, kKinds[static_cast<size_t>(p_.kind)],
             thing);
      }
    }
  }

  void Finish() {
    const bool average = p_.kind == PoolKind::kAvg || p_.kind == PoolKind::kAdaptiveAvg;
    const bool adaptive = p_.kind == PoolKind::kAdaptiveMax || p_.kind == PoolKind::kAdaptiveAvg;
    if (average) Refuse({"indices", "dh", "dw"});
    if (!average || adaptive) Refuse({"excludepad", "divisor"});
    const int64_t channels = words_.Need("c");
    const Size2 image = words_.Need2("i");
    p_.input = Shape(words_.Get("mb", 1), channels, image.h, image.w);
    if (adaptive) {
      Refuse({"kh", "kw", "sh", "sw", "dh", "dw", "ceil", "padding", "ph", "pw", "pt", "pb", "pl",
              "pr"});
      p_.output = words_.Need2("o");
      return;
    }
    Refuse({"oh", "ow"});
    p_.kernel = words_.Need2("k");
    p_.stride = {words_.Get("sh", p_.kernel.h), words_.Get("sw", p_.kernel.w)};
    p_.dilation = words_.Get2("d", 1);
    p_.padding = words_.GetPadding();
    if (words_.Said("divisor")) p_.divisor = words_.Need("divisor");
  }

  PoolProblem p_;
  ProblemWords words_;
};

}  // namespace

std::shared_ptr<const Pooling> PoolProblem::Bind(const std::string& target,
                                                 const std::string& algorithm) const {
  switch (kind) {
    case PoolKind::kMax:
      return std::make_shared<MaxPool2d>(MaxPool2dOptions{.kernel_size = kernel,
                                                          .stride = stride,
                                                          .padding = padding,
                                                          .dilation = dilation,
                                                          .ceil_mode = ceil,
                                                          .algorithm = algorithm,
                                                          .target = target});
    case PoolKind::kAvg:
      return std::make_shared<AvgPool2d>(AvgPool2dOptions{.kernel_size = kernel,
                                                          .stride = stride,
                                                          .padding = padding,
                                                          .ceil_mode = ceil,
                                                          .count_include_pad = !exclude_pad,
                                                          .divisor_override = divisor,
                                                          .algorithm = algorithm,
                                                          .target = target});
    case PoolKind::kAdaptiveMax:
      return std::make_shared<AdaptiveMaxPool2d>(
          AdaptivePool2dOptions{.output_size = output, .algorithm = algorithm, .target = target});
    case PoolKind::kAdaptiveAvg:
      break;
  }
  return std::make_shared<AdaptiveAvgPool2d>(
      AdaptivePool2dOptions{.output_size = output, .algorithm = algorithm, .target = target});
}

bool IsPoolText(std::string_view text) {
  std::istringstream words{std::string(text)};
  for (std::string word; words >> word;) {
    if (KindOf(word)) return true;
  }
  return false;
}

PoolProblem ParsePoolProblem(std::string_view text) { return PoolParser(text).Parse(); }

}  // namespace windrow::tool
