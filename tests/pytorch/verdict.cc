#include "tests/pytorch/verdict.h"

#include <bit>
#include <cctype>
#include <cmath>
#include <sstream>
#include <stdexcept>

namespace windrow::test {
namespace {

bool IsWordPart(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

// Whether `word` is in the text, not as a part of a longer one.
bool HasWord(const std::string& text, const std::string& word) {
  for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const size_t end = at + word.size();
    if ((at == 0 || !IsWordPart(text[at - 1])) && (end == text.size() || !IsWordPart(text[end]))) {
      return true;
    }
  }
  return false;
}

template <typename T>
std::string Outside(const char* whose, const std::string& what, T value, const Bounded& exact) {
  std::ostringstream s;
  s.precision(9);
  s << whose << ' ' << what << " is " << value << ", exactly " << exact.value << " +- "
    << exact.error;
  return s.str();
}

// NaN is within NaN alone, an infinity within itself.
bool Within(double value, const Bounded& exact) {
  if (std::isnan(exact.value)) return std::isnan(value);
  if (std::isinf(exact.value)) return value == exact.value;
  return std::abs(value - exact.value) <= exact.error;
}

// As numpy.nan_to_num in the script.
Bounded Summable(const Bounded& b) {
  if (std::isfinite(b.value)) return b;
  return {std::isnan(b.value) ? 1.0 : b.value > 0 ? 2.0 : 3.0, 0};
}

Bounded WeightedSum(const std::vector<Bounded>& terms) {
  Bounded sum{0, 0};
  double magnitude = 0;
  for (size_t i = 0; i < terms.size(); ++i) {
    const double weight = SumWeight(static_cast<int64_t>(i));
    const Bounded term = Summable(terms[i]);
    sum.value += weight * term.value;
    sum.error += weight * term.error;
    magnitude += std::abs(term.value);
  }
  // Adding doubles in another order rounds too.
  sum.error += 0x1p-51 * magnitude * static_cast<double>(terms.size());
  return sum;
}

}  // namespace

std::string WrongShape(const Answer& answer, const Shape& shape) {
  if (answer.shape == std::vector{shape.n(), shape.c(), shape.h(), shape.w()}) return "";
  return "the oracle gives the shape " + shape.ToString();
}

std::string WrongAnswer(const Answer& answer, const Shape& shape,
                        const std::vector<Bounded>& exact) {
  if (std::string wrong = WrongShape(answer, shape); !wrong.empty()) return wrong;
  const Bounded sum = WeightedSum(exact);
  if (!Within(answer.sum(), sum)) return Outside("PyTorch's", "weighted sum", answer.sum(), sum);
  const auto values = static_cast<int64_t>(answer.values.size());
  const bool all = values == shape.elements();
  if (values > shape.elements() || (values == 0 && !all)) return "a wrong number of values";
  for (int64_t i = 0; i < values; ++i) {
    const int64_t element = all ? i : SampledElement(i, shape.elements());
    const float value = answer.values[static_cast<size_t>(i)];
    const Bounded& bounded = exact[static_cast<size_t>(element)];
    if (!Within(value, bounded)) return Outside("PyTorch's", OutputName(element), value, bounded);
  }
  return "";
}

std::string WrongOutputs(const ConstTensorView& y, const std::vector<Bounded>& exact) {
  const Shape& out = y.shape();
  Tensor logical(out, Layout::kNchw);
  Copy(y, logical);
  for (int64_t i = 0; i < out.elements(); ++i) {
    const Bounded& bounded = exact[static_cast<size_t>(i)];
    const float value = logical.data()[i];
    if (std::isnan(value) && std::bit_cast<uint32_t>(value) != 0x7FC00000u) {
      return "Windrow's " + OutputName(i) + " is a NaN other than 0x7FC00000";
    }
    if (!Within(value, bounded)) return Outside("Windrow's", OutputName(i), value, bounded);
  }
  return "";
}

std::string WrongRefusal(const Answer& answer, bool takes, const std::string& message) {
  if (takes) return "refused: " + message;
  for (const std::string& fact : answer.facts) {
    if (!HasWord(message, fact)) return "refused without naming \"" + fact + "\": " + message;
  }
  return "";
}

std::optional<std::string> Refusal(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::invalid_argument& e) {
    return e.what();
  } catch (const std::length_error& e) {
    return e.what();
  }
  return std::nullopt;
}

std::string OutputName(int64_t element) {
  return "output " + std::to_string(element) + " in nchw order";
}

}  // namespace windrow::test
