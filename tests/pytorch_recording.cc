#include "tests/pytorch_recording.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/values.h"

namespace windrow::test {
namespace {

template <typename T>
T Number(std::string_view text, int base = 10) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) {
    throw std::runtime_error("not a number: \"" + std::string(text) + '"');
  }
  return value;
}

std::vector<std::string> Words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> all;
  for (std::string word; in >> word;) all.push_back(word);
  return all;
}

// "3x-1" as its numbers.
std::vector<int64_t> Numbers(std::string_view text) {
  std::vector<int64_t> all;
  for (size_t end = 0; end != std::string_view::npos;) {
    end = text.find('x');
    all.push_back(Number<int64_t>(text.substr(0, end)));
    if (end != std::string_view::npos) text.remove_prefix(end + 1);
  }
  return all;
}

Size2 Pair(std::string_view text) {
  const std::vector<int64_t> numbers = Numbers(text);
  if (numbers.size() > 2) throw std::runtime_error("more than two numbers");
  return {numbers.front(), numbers.back()};
}

// The words of a problem; what is absent has PyTorch's default.
void ParseProblem(Recorded& r) {
  Problem& p = r.problem;
  std::map<std::string_view, std::string_view> given;  // "s" is "1x2"
  const std::vector<std::string> words = Words(r.text);
  for (const std::string_view word : words) {
    const size_t digits = std::min(word.find_first_of("-0123456789"), word.size());
    given[word.substr(0, digits)] = word.substr(digits);
  }
  const auto take = [&](std::string_view name, std::string_view otherwise) {
    const auto node = given.extract(name);
    return node.empty() ? otherwise : node.mapped();
  };
  const auto number = [&](std::string_view name, std::string_view otherwise) {
    return Number<int64_t>(take(name, otherwise));
  };
  p.mb = number("mb", "1"), p.g = number("g", "1");
  p.ic = number("ic", ""), p.oc = number("oc", "");
  p.ih = number("ih", ""), p.iw = number("iw", "");
  p.kernel = Pair(take("k", "")), p.stride = Pair(take("s", "1"));
  p.dilation = Pair(take("d", "1"));
  if (given.contains("pt")) {
    const int64_t top = number("pt", ""), bottom = number("pb", ""), left = number("pl", "");
    p.padding = Padding::Sides(top, bottom, left, number("pr", ""));
  } else {
    const Size2 padding = Pair(take("p", "0"));
    p.padding = Padding(padding.h, padding.w);
  }
  if (given.erase("same") > 0) p.padding = Padding::Same();
  if (given.erase("reflect") > 0) p.mode = PaddingMode::kReflect;
  if (given.erase("replicate") > 0) p.mode = PaddingMode::kReplicate;
  if (given.erase("circular") > 0) p.mode = PaddingMode::kCircular;
  p.bias = given.erase("bias") > 0;
  const auto or_else = [&](std::string_view name, int64_t otherwise) {
    return given.contains(name) ? number(name, "") : otherwise;
  };
  r.channels = or_else("channels", p.ic);
  r.weights = or_else("weights", p.g > 0 ? std::max<int64_t>(p.weights(), 0) : 0);
  r.biases = or_else("biases", p.bias ? std::max<int64_t>(p.oc, 0) : 0);
  if (!given.empty()) throw std::runtime_error("unknown word " + std::string(given.begin()->first));
}

// "1x6x5x4 40eb3a7d00000000 3f800000 ..."
void ParseAnswer(const std::string& text, Recorded& r) {
  const std::vector<std::string> words = Words(text);
  if (words.size() < 2) throw std::runtime_error("an answer without shape and sum");
  r.shape = Numbers(words[0]);
  if (r.shape.size() != 4) throw std::runtime_error("a shape of other than four numbers");
  r.sum = std::bit_cast<double>(Number<uint64_t>(words[1], 16));
  for (size_t i = 2; i < words.size(); ++i) {
    r.values.push_back(std::bit_cast<float>(Number<uint32_t>(words[i], 16)));
  }
}

// " groups 3 ! groups must be a positive integer"
void ParseRefusal(const std::string& text, Recorded& r) {
  const size_t end = text.find(" ! ");
  if (end == std::string::npos) throw std::runtime_error("a refusal without a message");
  r.facts = Words(text.substr(0, end));
  r.message = text.substr(end + 3);
  r.refused = true;
}

Recorded Parse(const std::string& line) {
  Recorded r;
  const size_t end = std::min(line.find(" = "), line.find(" ! "));
  if (end == std::string::npos) throw std::runtime_error("a problem without an answer");
  r.text = line.substr(0, end);
  ParseProblem(r);
  if (line[end + 1] == '=') {
    ParseAnswer(line.substr(end + 3), r);
  } else {
    ParseRefusal(line.substr(end + 2), r);
  }
  return r;
}

}  // namespace

std::optional<Recorded> NextRecorded(std::istream& in) {
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line.front() == '#') continue;
    try {
      return Parse(line);
    } catch (const std::runtime_error& e) {
      throw std::runtime_error(std::string(e.what()) + ": " + line);
    }
  }
  return std::nullopt;
}

double SumWeight(int64_t element) {
  return 0.5 + static_cast<double>(Mix(static_cast<uint64_t>(element)) >> 40) * 0x1p-25;
}

int64_t SampledElement(int64_t index, int64_t elements) {
  const auto n = static_cast<uint64_t>(elements);
  return static_cast<int64_t>(Mix(4 * n + static_cast<uint64_t>(index)) % n);
}

}  // namespace windrow::test
