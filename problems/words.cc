#include "problems/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace windrow::problems {
namespace {

constexpr std::string_view kOfBoth = "iksdpo";  // directions: k is kh and kw

std::string Quoted(const std::string& text) { return '"' + text + '"'; }

[[noreturn]] void Fail(const std::string& what) { throw std::invalid_argument(what); }

}  // namespace

std::optional<int64_t> ReadInteger(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<float> ReadFloat(const std::string& text) {
  char* end = nullptr;
  // std::stof and std::from_chars call the tail of a Gaussian out of range.
  const float value = std::strtof(text.c_str(), &end);
  if (text.empty() || end != text.c_str() + text.size()) return std::nullopt;
  return value;
}

std::optional<float> ReadFinite(const std::string& text) {
  const auto value = ReadFloat(text);
  return value && std::isfinite(*value) ? value : std::nullopt;
}

std::string ToString(float value) {
  char text[64];
  return {text, std::to_chars(text, text + sizeof(text), value).ptr};
}

std::string ToString(Size2 s) {
  return std::to_string(s.h) + (s.h == s.w ? "" : "x" + std::to_string(s.w));
}

std::string ToString(const Padding& p) {
  if (p.is_same()) return "same";
  if (!p.is_sides()) return "p" + ToString(Size2(p.top(), p.left()));
  std::ostringstream s;
  s << "pt" << p.top() << " pb" << p.bottom() << " pl" << p.left() << " pr" << p.right();
  return s.str();
}

Words::Words(std::string_view text) : text_(text) {
  std::istringstream in(text_);
  for (std::string word; in >> word;) {
    const size_t equals = word.find('='), digit = word.find_first_of("0123456789-+.");
    if (equals != std::string::npos) {
      const std::string name = word.substr(0, equals);
      if (equals + 1 == word.size()) Fail(Quoted(word) + " names no " + name);
      Add(name + "=", word, word.substr(equals + 1));
    } else if (digit != std::string::npos && digit > 0) {
      AddNumbers(word, digit);
    } else {
      Add(word, word, "");
    }
  }
}

void Words::AddNumbers(const std::string& word, size_t digit) {
  const std::string name = word.substr(0, digit), rest = word.substr(digit);
  const size_t cross = rest.find('x');
  const bool both = name.size() == 1 && kOfBoth.find(name) != std::string::npos;
  if (!both && cross != std::string::npos) {
    Fail(Quoted(word) + " has two numbers, " + name + " takes one");
  }
  for (const char* direction : both ? std::vector{"h", "w"} : std::vector{""}) {
    const bool second = cross != std::string::npos && *direction == 'w';
    const std::string digits = second ? rest.substr(cross + 1) : rest.substr(0, cross);
    if (!ReadInteger(digits)) {
      Fail(Quoted(word) + " has " + Quoted(digits) + " where " + name + " needs a whole number");
    }
    Add(name + direction, word, digits);
  }
}

void Words::Add(const std::string& key, const std::string& word, const std::string& value) {
  if (!words_.try_emplace(key, Word{word, value, words_.size()}).second) {
    Fail(Quoted(word) + " says the " + key.substr(0, key.find('=')) + " a second time");
  }
}

int64_t Words::Number(const std::string& key, std::optional<int64_t> otherwise) {
  const auto node = words_.extract(key);
  if (!node.empty() && !node.mapped().value.empty()) return *ReadInteger(node.mapped().value);
  if (!otherwise && missing_.empty()) missing_ = key;
  return otherwise.value_or(0);
}

Size2 Words::Pair(const std::string& key, std::optional<Size2> otherwise) {
  const auto of = [&](int64_t Size2::*direction) {
    return otherwise ? std::optional<int64_t>((*otherwise).*direction) : std::nullopt;
  };
  const int64_t h = Number(key + "h", of(&Size2::h));  // the first that is missing is named
  return {h, Number(key + "w", of(&Size2::w))};
}

Padding Words::TakePadding() {
  if (Flag("same")) {
    for (const char* side : {"ph", "pw", "pt", "pb", "pl", "pr"}) {
      if (Has(side)) Fail("the problem " + Quoted(text_) + " has both \"same\" and a padding");
    }
    return Padding::Same();
  }
  const Size2 p = Pair("p", Size2(0));
  if (!Has("pt") && !Has("pb") && !Has("pl") && !Has("pr")) return {p.h, p.w};
  const int64_t top = Number("pt", p.h), bottom = Number("pb", p.h), left = Number("pl", p.w);
  return Padding::Sides(top, bottom, left, Number("pr", p.w));
}

bool Words::Flag(const std::string& word) { return words_.erase(word) > 0; }

std::optional<std::string> Words::Setting(const std::string& name) {
  const auto node = words_.extract(name + "=");
  return node.empty() ? std::nullopt : std::optional(node.mapped().value);
}

size_t Words::Choice(const std::string& name, std::span<const char* const> values,
                     size_t otherwise) {
  const auto value = Setting(name);
  if (!value) return otherwise;
  const auto found = std::find(values.begin(), values.end(), *value);
  if (found != values.end()) return static_cast<size_t>(found - values.begin());
  std::string all;
  for (const char* v : values) all += (all.empty() ? "" : ", ") + name + "=" + v;
  Fail(Quoted(name + "=" + *value) + " is not one of " + all);
}

std::optional<size_t> Words::OneOf(std::span<const char* const> words, const char* what) {
  std::optional<size_t> found;
  Word last;
  for (size_t i = 0; i < words.size(); ++i) {
    const auto node = words_.extract(words[i]);
    if (node.empty()) continue;
    const Word& word = node.mapped();
    if (found) {
      const Word& second = word.place > last.place ? word : last;
      Fail(Quoted(second.word) + " says the " + what + " a second time");
    }
    found = i;
    last = word;
  }
  return found;
}

void Words::End(const std::string& problem) {
  const auto first = std::min_element(
      words_.begin(), words_.end(),
      [](const auto& a, const auto& b) { return a.second.place < b.second.place; });
  if (first != words_.end()) {
    Fail(Quoted(first->second.word) + " is not a word of " + problem);
  }
  if (!missing_.empty()) Fail("the problem " + Quoted(text_) + " does not say " + missing_);
}

}  // namespace windrow::problems
