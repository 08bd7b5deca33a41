// What problem texts have in common: words in any order, each said once; numbers with names in
// front of them, the padding, the layout, and settings "name=value".
#ifndef WINDROW_TOOLS_PROBLEM_WORDS_H_
#define WINDROW_TOOLS_PROBLEM_WORDS_H_

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <concepts>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "tools/values.h"
#include "windrow/padding.h"
#include "windrow/tensor.h"

namespace windrow::tool {

template <typename... Args>
[[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) {
  throw std::invalid_argument(fmt::format(format, std::forward<Args>(args)...));
}

// The whole of `text` as a whole number, or nothing.
template <std::integral T>
std::optional<T> Number(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// What any problem has.
struct ProblemSettings {
  Layout layout = Layout::kNchw;
  Values values = Values::kPlain;
  std::string target, algorithm = "auto";
};

// All but the constructor and Said() throw std::invalid_argument that names the word.
class ProblemWords {
 public:
  // `names` are those of numbers, for one direction or, as "k", for both; the padding's need not
  // be among them.
  ProblemWords(std::string_view text, std::vector<std::string_view> one,
               std::vector<std::string_view> both);

  // Each takes a word, if it is one of these: nchw nhwc same target= algorithm= values=; a number.
  bool Setting(const std::string& word, ProblemSettings& settings);
  bool Numbers(const std::string& word);

  // Each thing is said once.
  void Once(std::string_view what, const std::string& word);
  bool Said(const std::string& what) const { return said_.contains(what); }

  int64_t Get(const std::string& key, int64_t otherwise) const;
  int64_t Need(const std::string& key) const;
  // "k" for kh and kw.
  Size2 Get2(const std::string& key, int64_t otherwise) const;
  Size2 Need2(const std::string& key) const;
  Padding GetPadding() const;

 private:
  // What a name stands for: one number, or two as in "k3" and "k3x5".
  std::map<std::string, std::vector<std::string>, std::less<>> names_;
  std::string text_;
  std::map<std::string, int64_t> numbers_;
  std::set<std::string> said_;
  bool same_ = false;
};

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_PROBLEM_WORDS_H_
