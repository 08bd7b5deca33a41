// Problems as texts: words in any order, each said once: numbers with names in front of them
// ("ic64", and "k3" or "k3x5" for kh and kw), settings ("values=zeros") and words alone ("nhwc").
#ifndef WINDROW_PROBLEMS_WORDS_H_
#define WINDROW_PROBLEMS_WORDS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "problems/kinds.h"
#include "windrow/padding.h"
#include "windrow/tensor.h"

namespace windrow::problems {

// The whole of `text` as a whole number, or nothing.
std::optional<int64_t> ReadInteger(std::string_view text);
// As the nearest float, 0 or a denormal one if that is small.
std::optional<float> ReadFloat(const std::string& text);
std::optional<float> ReadFinite(const std::string& text);

std::string ToString(float value);       // as ReadFloat() reads it
std::string ToString(Size2 size);        // "3", "3x5"
std::string ToString(const Padding& p);  // "p1", "p1x2", "pt0 pb1 pl2 pr3", "same"

// Each function takes what it names off the words. All throw std::invalid_argument, naming the
// word.
class Words {
 public:
  explicit Words(std::string_view text);

  bool Has(const std::string& key) const { return words_.contains(key); }

  // Of one direction as "kh", of both as "k". One that must be there and is not is told by End().
  int64_t Number(const std::string& key, std::optional<int64_t> otherwise = {});
  Size2 Pair(const std::string& key, std::optional<Size2> otherwise = {});
  Padding TakePadding();

  bool Flag(const std::string& word);
  std::optional<std::string> Setting(const std::string& name);
  // Which of these a setting is.
  size_t Choice(const std::string& name, std::span<const char* const> values, size_t otherwise = 0);
  // Which of these words is there, `what` they all say.
  std::optional<size_t> OneOf(std::span<const char* const> words, const char* what);

  // Throws if a word is left, which is not one of this `problem`'s, or a number was missing.
  void End(const std::string& problem);

 private:
  struct Word {
    std::string word, value;
    size_t place;
  };
  void Add(const std::string& key, const std::string& word, const std::string& value);
  void AddNumbers(const std::string& word, size_t digit);

  std::string text_, missing_;
  std::map<std::string, Word> words_;
};

// What problems of every operation have.
template <typename Problem>
Parsed<Problem> TakeCommon(std::string_view text, Words& words) {
  Parsed<Problem> parsed;
  parsed.text = text;
  parsed.target = words.Setting("target").value_or("");
  parsed.algorithm = words.Setting("algorithm").value_or("auto");
  Problem& p = parsed.problem;
  p.mb = words.Number("mb", 1);
  const size_t layout = words.OneOf(kLayoutWords, "layout").value_or(0);
  p.SetLayout(static_cast<Layout>(layout));
  p.y_layout = static_cast<Layout>(words.Choice("y", kLayoutWords, layout));
  p.gaps = static_cast<Gaps>(words.Choice("gaps", kGapsWords));
  p.edge = static_cast<Edge>(words.Choice("edge", kEdgeWords, static_cast<size_t>(Edge::kEnd)));
  p.values = static_cast<Values>(words.Choice("values", kValuesWords));
  return parsed;
}

template <typename Problem>
std::string CommonText(const Problem& p) {
  const auto word = [](const char* name, const auto& words, auto value) {
    return std::string(" ") + name + words[static_cast<size_t>(value)];
  };
  std::string text = word("", kLayoutWords, p.x_layout);
  if (p.y_layout != p.x_layout) text += word("y=", kLayoutWords, p.y_layout);
  if (p.gaps != Gaps::kNone) text += word("gaps=", kGapsWords, p.gaps);
  if (p.edge != Edge::kEnd) text += word("edge=", kEdgeWords, p.edge);
  if (p.values != Values::kPlain) text += word("values=", kValuesWords, p.values);
  return text;
}

}  // namespace windrow::problems

#endif  // WINDROW_PROBLEMS_WORDS_H_
