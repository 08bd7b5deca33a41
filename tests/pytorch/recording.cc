#include "tests/pytorch/recording.h"

#include <algorithm>
#include <sstream>

#include "problems/words.h"

namespace windrow::test {
namespace {

// The words of a problem, and of misuse.
void ParseProblem(Recorded& r) {
  std::string text;
  int64_t channels = -1, weights = -1, biases = -1;
  std::istringstream words(r.text);
  for (std::string word; words >> word;) {
    const auto is = [&](const std::string& name, int64_t& number) {
      if (!word.starts_with(name)) return false;
      number = problems::ReadInteger(word.substr(name.size())).value_or(-1);
      return number >= 0;
    };
    if (is("channels", channels) || is("weights", weights) || is("biases", biases)) continue;
    text += word + ' ';
  }
  r.problem = problems::ParseConv(text).problem;
  const Problem& p = r.problem;
  r.channels = channels < 0 ? p.ic : channels;
  r.weights = weights < 0 ? p.weights() : weights;
  r.biases = biases >= 0 ? biases : p.bias ? std::max<int64_t>(p.oc, 0) : 0;
}

}  // namespace

Recorded ParseRecorded(const std::string& line) {
  Recorded r;
  ParseLine(line, r, [&] { ParseProblem(r); });
  return r;
}

RecordedPool ParseRecordedPool(const std::string& line) {
  RecordedPool r;
  ParseLine(line, r, [&] { r.problem = problems::ParsePool(r.text).problem; });
  return r;
}

}  // namespace windrow::test
