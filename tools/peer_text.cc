#include "tools/peer_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "problems/words.h"

namespace windrow::tool {
namespace {

template <typename... Args>
[[noreturn]] void Fail(fmt::format_string<Args...> format, Args&&... args) {
  throw std::invalid_argument(fmt::format(format, std::forward<Args>(args)...));
}

constexpr std::array<std::string_view, 16> kNames = {
    "g", "mb", "ic", "oc", "ih", "iw", "oh", "ow", "kh", "kw", "sh", "sw", "ph", "pw", "dh", "dw"};
constexpr std::array<std::string_view, 6> kThird = {"id", "od", "kd", "sd", "pd", "dd"};
constexpr std::string_view kDigits = "0123456789";
// Products of two and their sums stay in 63 bits.
constexpr int64_t kMax = 1'000'000'000;

template <size_t kCount>
std::string_view NameAt(const std::array<std::string_view, kCount>& names, std::string_view text) {
  const auto found =
      std::find_if(names.begin(), names.end(), [&](auto name) { return text.starts_with(name); });
  return found == names.end() ? "" : *found;
}

// Whether more than one name and number is in the word; Windrow's have an x between numbers.
bool IsPeerWord(std::string_view word) {
  word.remove_prefix(std::min(word.find_first_not_of('_'), word.size()));
  const size_t name = std::max(NameAt(kNames, word).size(), NameAt(kThird, word).size());
  const size_t end = word.find_first_not_of(kDigits, name);
  if (name == 0 || end == name || end == std::string_view::npos) return false;
  return word[end] == '_' || (word[end] >= 'a' && word[end] <= 'z' && word[end] != 'x');
}

class PeerWord {
 public:
  PeerWord(std::string_view word, bool pooling) : word_(word), pooling_(pooling) {
    while (!word.empty()) {
      if (word.front() == '_') {
        word.remove_prefix(1);
      } else if (!Number(word)) {
        if (word.front() == 'n') break;  // the rest is a name
        Fail("\"{}\" has \"{}\" where one of {} should be", word_, word, fmt::join(kNames, ", "));
      }
    }
  }

  // `mb`: whether another word says that.
  std::string Translated(bool mb) const {
    std::string text = fmt::format("{}{}", pooling_ ? "c" : "ic", Need("ic"));
    if (!mb || numbers_.contains("mb")) text += fmt::format(" mb{}", Get("mb", 2));
    if (!pooling_) text += fmt::format(" g{} oc{}", Get("g", 1), Need("oc"));
    const bool width = Says('w');
    if (!Says('h') && width) {
      text += " ih1 kh1";
    } else {
      text += Axis('h', 'h', "pt", "pb");
    }
    return text + Axis('w', width ? 'w' : 'h', "pl", "pr");
  }

 private:
  // Takes a name and its number off the word.
  bool Number(std::string_view& rest) {
    const std::string_view third = NameAt(kThird, rest), name = NameAt(kNames, rest);
    if (third.empty() && name.empty()) return false;
    const size_t letters = std::max(third.size(), name.size());
    const size_t end = std::min(rest.find_first_not_of(kDigits, letters), rest.size());
    const std::string_view said = rest.substr(0, end);
    if (!third.empty()) {
      Fail("\"{}\" has \"{}\", a third dimension; Windrow's problems have two", word_, said);
    }
    if (pooling_ && (name == "g" || name == "oc")) {
      Fail("\"{}\" has \"{}\"; a pooling has no {}", word_, said, name);
    }
    const auto value = problems::ReadInteger(said.substr(letters));
    if (!value || *value > kMax) {
      Fail("\"{}\" has \"{}\" where {} needs a whole number of at most {}", word_, said, name,
           kMax);
    }
    if (!numbers_.emplace(name, *value).second) Fail("\"{}\" says {} twice", word_, name);
    rest.remove_prefix(end);
    return true;
  }

  bool Says(char direction) const {
    return std::any_of(numbers_.begin(), numbers_.end(), [&](const auto& n) {
      return n.first.size() == 2 && n.first[1] == direction;
    });
  }
  int64_t Get(const std::string& name, int64_t otherwise) const {
    const auto found = numbers_.find(name);
    return found == numbers_.end() ? otherwise : found->second;
  }
  int64_t Need(const std::string& name) const {
    if (!numbers_.contains(name)) Fail("\"{}\" does not say {}", word_, name);
    return Get(name, 0);
  }

  // Windrow's words for one direction, from the numbers of that direction or of the other.
  std::string Axis(char to, char from, const char* before_name, const char* after_name) const {
    const auto name = [&](char what) { return std::string{what, from}; };
    const int64_t in = Need(name('i')), kernel = Need(name('k')), stride = Get(name('s'), 1);
    const int64_t dilation = Get(name('d'), 0) + 1, extent = (kernel - 1) * dilation + 1;
    int64_t before = Get(name('p'), 0), after = before;
    if (numbers_.contains(name('o'))) {
      const int64_t out = Get(name('o'), 0), total = (out - 1) * stride + extent - in;
      if (!numbers_.contains(name('p'))) before = total / 2;
      after = std::max<int64_t>(total - before, 0);
      if (before < 0 || stride < 1 || (in + before + after - extent) / stride + 1 != out) {
        Fail("\"{}\" says {}{}, which is too small for its {}{}", word_, name('o'), out, name('i'),
             in);
      }
    }
    std::string text = fmt::format(" i{0}{1} k{0}{2} s{0}{3}", to, in, kernel, stride);
    if (dilation != 1) text += fmt::format(" d{}{}", to, dilation);
    return text + fmt::format(" {}{} {}{}", before_name, before, after_name, after);
  }

  std::string_view word_;
  bool pooling_;
  std::map<std::string, int64_t, std::less<>> numbers_;
};

}  // namespace

std::string TranslatePeerText(const std::string& text, bool pooling) {
  // Words, and what is between them. A word ends at a space outside of quotation marks.
  std::vector<std::string> parts{""};
  bool quoted = false, space = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    const bool is_space = !quoted && std::isspace(static_cast<unsigned char>(c)) != 0;
    if (is_space != space) parts.emplace_back();
    space = is_space;
    parts.back() += c;
  }
  const bool mb = std::any_of(parts.begin(), parts.end(), [](const std::string& part) {
    return part.starts_with("mb") && !IsPeerWord(part);
  });
  std::string translated;
  for (const std::string& part : parts) {
    translated += IsPeerWord(part) ? PeerWord(part, pooling).Translated(mb) : part;
  }
  return translated;
}

}  // namespace windrow::tool
