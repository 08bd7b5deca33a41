// What the checks against PyTorch share: what is wrong with an answer of either, "" if nothing is.
#ifndef WINDROW_TESTS_PYTORCH_VERDICT_H_
#define WINDROW_TESTS_PYTORCH_VERDICT_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/conv/oracle.h"
#include "tests/pytorch/answer.h"
#include "windrow/tensor.h"

namespace windrow::test {

// PyTorch's shape; and its sum and values, against the exact ones.
std::string WrongShape(const Answer& answer, const Shape& shape);
std::string WrongAnswer(const Answer& answer, const Shape& shape,
                        const std::vector<Bounded>& exact);

// Windrow's outputs.
std::string WrongOutputs(const ConstTensorView& y, const std::vector<Bounded>& exact);

// Windrow's refusal of a problem that it must take, or must refuse with the answer's facts.
std::string WrongRefusal(const Answer& answer, bool takes, const std::string& message);

// The message with which f() refuses its arguments, if it does.
std::optional<std::string> Refusal(const std::function<void()>& f);

std::string OutputName(int64_t element);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_PYTORCH_VERDICT_H_
