#include "tools/problem_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace windrow::tool {
namespace {

template <typename... Args>
[[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) {
  throw std::invalid_argument(fmt::format(format, std::forward<Args>(args)...));
}

// The whole of `text` as a number, or nothing.
template <typename T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What the names of numbers stand for: one number, or two as in "k3" and "k3x5".
using Names = std::map<std::string_view, std::vector<std::string_view>>;
const Names& NumberNames() {
  static const Names names = {
      {"mb", {"mb"}},      {"g", {"g"}},        {"ic", {"ic"}},      {"oc", {"oc"}},
      {"i", {"ih", "iw"}}, {"ih", {"ih"}},      {"iw", {"iw"}},      {"k", {"kh", "kw"}},
      {"kh", {"kh"}},      {"kw", {"kw"}},      {"s", {"sh", "sw"}}, {"sh", {"sh"}},
      {"sw", {"sw"}},      {"d", {"dh", "dw"}}, {"dh", {"dh"}},      {"dw", {"dw"}},
      {"p", {"ph", "pw"}}, {"ph", {"ph"}},      {"pw", {"pw"}},      {"pt", {"pt"}},
      {"pb", {"pb"}},      {"pl", {"pl"}},      {"pr", {"pr"}},
  };
  return names;
}

class Parser {
 public:
  explicit Parser(std::string_view text) { problem_.text = text; }

  Problem Parse() {
    std::istringstream words(problem_.text);
    for (std::string word; words >> word;) {
      if (!Word(word) && !Setting(word) && !Numbers(word)) {
        Fail("\"{}\" is not a word of a problem such as \"ic64 oc128 k3 s2 p1 ih56 iw56 nhwc\"",
             word);
      }
    }
    Finish();
    return problem_;
  }

 private:
  // Each thing is said once.
  void Once(std::string_view what, const std::string& word) {
    if (!said_.insert(std::string(what)).second) {
      Fail("\"{}\" says the {} a second time", word, what);
    }
  }

  bool Word(const std::string& word) {
    Conv2dOptions& o = problem_.options;
    if (word == "nchw" || word == "nhwc") {
      Once("layout", word);
      problem_.layout = word == "nchw" ? Layout::kNchw : Layout::kNhwc;
    } else if (word == "native" || word == "portable") {
      Once("numerics", word);
      o.numerics = word == "native" ? Numerics::kNative : Numerics::kPortable;
    } else if (word == "same") {
      Once("padding", word);
      o.padding = Padding::Same();
    } else if (word == "bias" || word == "residual") {
      Once(word, word);
      (word == "bias" ? problem_.bias : problem_.residual) = true;
    } else {
      static constexpr std::array kModes = {"zeros", "reflect", "replicate", "circular"};
      const auto mode = std::find(kModes.begin(), kModes.end(), word);
      if (mode == kModes.end()) return false;
      Once("padding mode", word);
      o.padding_mode = static_cast<PaddingMode>(mode - kModes.begin());
    }
    return true;
  }

  bool Setting(const std::string& word) {
    const size_t equals = word.find('=');
    if (equals == std::string::npos) return false;
    const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
    Conv2dOptions& o = problem_.options;
    if (name != "target" && name != "algorithm" && name != "clamp" && name != "values") {
      return false;
    }
    Once(name, word);
    if (value.empty()) Fail("\"{}\" names no {}", word, name);
    if (name == "target") {
      o.target = value;
    } else if (name == "algorithm") {
      o.algorithm = value;
    } else if (name == "clamp") {
      const size_t dots = value.find("..");
      if (dots == std::string::npos) Fail("\"{}\" is not of the form clamp=0..6", word);
      o.epilogue.clamp_min = Bound(value.substr(0, dots), word);
      o.epilogue.clamp_max = Bound(value.substr(dots + 2), word);
    } else {
      static constexpr std::array kValues = {"plain", "zeros", "denormal", "huge", "nonfinite"};
      const auto found = std::find(kValues.begin(), kValues.end(), value);
      if (found == kValues.end()) {
        Fail("\"{}\" is not one of values={}", word, fmt::join(kValues, ", values="));
      }
      problem_.values = static_cast<Values>(found - kValues.begin());
    }
    return true;
  }

  static float Bound(const std::string& text, const std::string& word) {
    const auto value = Number<float>(text);
    if (!value) Fail("\"{}\" has the bound \"{}\", which is not a number", word, text);
    return *value;
  }

  bool Numbers(const std::string& word) {
    const size_t digit = word.find_first_of("0123456789-+.");
    const auto name = NumberNames().find(std::string_view(word).substr(0, digit));
    if (name == NumberNames().end()) return false;
    const auto& keys = name->second;
    const std::string rest = digit == std::string::npos ? "" : word.substr(digit);
    const size_t cross = rest.find('x');
    if (cross != std::string::npos && keys.size() != 2) {
      Fail("\"{}\" has two numbers, {} takes one", word, name->first);
    }
    for (const std::string_view key : keys) {
      const bool first = key == keys.front();
      const std::string digits = cross == std::string::npos ? rest
                                 : first                    ? rest.substr(0, cross)
                                                            : rest.substr(cross + 1);
      const auto value = Number<int64_t>(digits);
      if (!value) {
        Fail("\"{}\" has \"{}\" where {} needs a whole number", word, digits, name->first);
      }
      Once(key, word);
      numbers_[std::string(key)] = *value;
    }
    return true;
  }

  int64_t Get(const std::string& key, int64_t otherwise) const {
    const auto found = numbers_.find(key);
    return found == numbers_.end() ? otherwise : found->second;
  }

  int64_t Need(const std::string& key) const {
    const auto found = numbers_.find(key);
    if (found == numbers_.end()) Fail("the problem \"{}\" does not say {}", problem_.text, key);
    return found->second;
  }

  void Finish() {
    Conv2dOptions& o = problem_.options;
    o.in_channels = Need("ic");
    o.out_channels = Need("oc");
    o.kernel_size = {Need("kh"), Need("kw")};
    problem_.input = Shape(Get("mb", 1), o.in_channels, Need("ih"), Need("iw"));
    o.groups = Get("g", 1);
    o.stride = {Get("sh", 1), Get("sw", 1)};
    o.dilation = {Get("dh", 1), Get("dw", 1)};
    const bool numbers = std::any_of(numbers_.begin(), numbers_.end(),
                                     [](const auto& n) { return n.first.front() == 'p'; });
    if (o.padding.is_same()) {
      if (numbers) Fail("the problem \"{}\" has both \"same\" and a padding", problem_.text);
      return;
    }
    const int64_t h = Get("ph", 0), w = Get("pw", 0);
    o.padding = Padding::Sides(Get("pt", h), Get("pb", h), Get("pl", w), Get("pr", w));
  }

  Problem problem_;
  std::map<std::string, int64_t> numbers_;
  std::set<std::string> said_;
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

Problem ParseProblem(std::string_view text) { return Parser(text).Parse(); }

}  // namespace windrow::tool
