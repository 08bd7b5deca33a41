#include "tests/pytorch/answer.h"

#include <algorithm>
#include <charconv>
#include <sstream>
#include <stdexcept>

#include "tests/support/values.h"

namespace windrow::test {
namespace {

template <typename T>
T Parsed(std::string_view text, int base = 10) {
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

// "1x6x5x4 40eb3a7d00000000 3f800000 ...", or "3f800000@17" with an index.
void ParseOutputs(const std::string& text, Answer& a) {
  const std::vector<std::string> words = Words(text);
  if (words.size() < 2) throw std::runtime_error("an answer without shape and sum");
  std::istringstream shape(words[0]);
  for (std::string extent; std::getline(shape, extent, 'x');) {
    a.shape.push_back(Parsed<int64_t>(extent));
  }
  if (a.shape.size() != 4) throw std::runtime_error("a shape of other than four numbers");
  a.digest = Parsed<uint64_t>(words[1], 16);
  for (size_t i = 2; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const size_t at = word.find('@');
    a.values.push_back(std::bit_cast<float>(Parsed<uint32_t>(word.substr(0, at), 16)));
    if (at != word.npos) a.indices.push_back(Parsed<int64_t>(word.substr(at + 1)));
  }
}

// " groups 3 ! groups must be a positive integer"
void ParseRefusal(const std::string& text, Answer& a) {
  const size_t end = text.find(" ! ");
  if (end == std::string::npos) throw std::runtime_error("a refusal without a message");
  a.facts = Words(text.substr(0, end));
  a.message = text.substr(end + 3);
  a.refused = true;
}

}  // namespace

std::optional<std::string> NextLine(std::istream& in) {
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && line.front() != '#') return line;
  }
  return std::nullopt;
}

void ParseLine(const std::string& line, Answer& answer, const std::function<void()>& problem) try {
  const size_t end = std::min(line.find(" = "), line.find(" ! "));
  if (end == std::string::npos) throw std::runtime_error("a problem without an answer");
  answer.text = line.substr(0, end);
  problem();
  if (line[end + 1] == '=') {
    ParseOutputs(line.substr(end + 3), answer);
  } else {
    ParseRefusal(line.substr(end + 2), answer);
  }
} catch (const std::exception& e) {
  throw std::runtime_error(std::string(e.what()) + ": " + line);
}

double SumWeight(int64_t element) {
  return 0.5 + static_cast<double>(Mix(static_cast<uint64_t>(element)) >> 40) * 0x1p-25;
}

int64_t SampledElement(int64_t index, int64_t elements) {
  const auto n = static_cast<uint64_t>(elements);
  return static_cast<int64_t>(Mix(4 * n + static_cast<uint64_t>(index)) % n);
}

}  // namespace windrow::test
