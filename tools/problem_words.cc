#include "tools/problem_words.h"

#include <algorithm>

namespace windrow::tool {

ProblemWords::ProblemWords(std::string_view text, std::vector<std::string_view> one,
                           std::vector<std::string_view> both)
    : text_(text) {
  one.insert(one.end(), {"pt", "pb", "pl", "pr"});
  both.push_back("p");
  for (const std::string_view name : one) names_[std::string(name)] = {std::string(name)};
  for (const std::string_view name : both) {
    const std::string h = std::string(name) + "h", w = std::string(name) + "w";
    names_[std::string(name)] = {h, w};
    names_[h] = {h};
    names_[w] = {w};
  }
}

void ProblemWords::Once(std::string_view what, const std::string& word) {
  if (!said_.insert(std::string(what)).second) {
    Fail("\"{}\" says the {} a second time", word, what);
  }
}

bool ProblemWords::Setting(const std::string& word, ProblemSettings& settings) {
  if (word == "nchw" || word == "nhwc") {
    Once("layout", word);
    settings.layout = word == "nchw" ? Layout::kNchw : Layout::kNhwc;
    return true;
  }
  if (word == "same") {
    Once("padding", word);
    same_ = true;
    return true;
  }
  const size_t equals = word.find('=');
  if (equals == std::string::npos) return false;
  const std::string name = word.substr(0, equals), value = word.substr(equals + 1);
  if (name != "target" && name != "algorithm" && name != "values") return false;
  Once(name, word);
  if (value.empty()) Fail("\"{}\" names no {}", word, name);
  if (name == "values") {
    static constexpr std::array kValues = {"plain", "zeros", "denormal", "huge", "nonfinite"};
    const auto found = std::find(kValues.begin(), kValues.end(), value);
    if (found == kValues.end()) {
      Fail("\"{}\" is not one of values={}", word, fmt::join(kValues, ", values="));
    }
    settings.values = static_cast<Values>(found - kValues.begin());
  } else {
    (name == "target" ? settings.target : settings.algorithm) = value;
  }
  return true;
}

bool ProblemWords::Numbers(const std::string& word) {
  const size_t digit = word.find_first_of("0123456789-+.");
  const auto name = names_.find(std::string_view(word).substr(0, digit));
  if (name == names_.end()) return false;
  const auto& keys = name->second;
  const std::string rest = digit == std::string::npos ? "" : word.substr(digit);
  const size_t cross = rest.find('x');
  if (cross != std::string::npos && keys.size() != 2) {
    Fail("\"{}\" has two numbers, {} takes one", word, name->first);
  }
  for (const std::string& key : keys) {
    const bool first = key == keys.front();
    const std::string digits = cross == std::string::npos ? rest
                               : first                    ? rest.substr(0, cross)
                                                          : rest.substr(cross + 1);
    const auto value = Number<int64_t>(digits);
    if (!value) {
      Fail("\"{}\" has \"{}\" where {} needs a whole number", word, digits, name->first);
    }
    Once(key, word);
    numbers_[key] = *value;
  }
  return true;
}

int64_t ProblemWords::Get(const std::string& key, int64_t otherwise) const {
  const auto found = numbers_.find(key);
  return found == numbers_.end() ? otherwise : found->second;
}

int64_t ProblemWords::Need(const std::string& key) const {
  const auto found = numbers_.find(key);
  if (found == numbers_.end()) Fail("the problem \"{}\" does not say {}", text_, key);
  return found->second;
}

Size2 ProblemWords::Get2(const std::string& key, int64_t otherwise) const {
  return {Get(key + "h", otherwise), Get(key + "w", otherwise)};
}

Size2 ProblemWords::Need2(const std::string& key) const {
  const int64_t h = Need(key + "h");  // the first that is missing is named
  return {h, Need(key + "w")};
}

Padding ProblemWords::GetPadding() const {
  if (same_) {
    const bool numbers = std::any_of(numbers_.begin(), numbers_.end(),
                                     [](const auto& n) { return n.first.front() == 'p'; });
    if (numbers) Fail("the problem \"{}\" has both \"same\" and a padding", text_);
    return Padding::Same();
  }
  const Size2 p = Get2("p", 0);
  return Padding::Sides(Get("pt", p.h), Get("pb", p.h), Get("pl", p.w), Get("pr", p.w));
}

}  // namespace windrow::tool
