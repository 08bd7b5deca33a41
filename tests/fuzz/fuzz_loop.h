// Random problems without end, each on a random target, algorithm, layouts and threads, compared
// with the reference bit by bit.
#ifndef WINDROW_TESTS_FUZZ_FUZZ_LOOP_H_
#define WINDROW_TESTS_FUZZ_FUZZ_LOOP_H_

#include <cstdint>
#include <functional>
#include <map>
#include <ostream>
#include <string>
#include <utility>

namespace windrow::test {

// Which problems: convolutions and poolings in turn, one of them, gradients of both, or pairs of
// layers.
enum class FuzzOp : uint8_t { kBoth, kConv, kPool, kGradient, kFused };

// Problem number i of a seed does not depend on those before it.
struct FuzzOptions {
  FuzzOp op = FuzzOp::kBoth;
  uint64_t seed = 1;
  int64_t skip = 0;   // the first problem's number
  int64_t count = 0;  // 0: no end
  bool keep_going = false;
  bool extreme = false;  // strides, paddings and dilations of any size, images small
  // Called with what a problem is and how to repeat it, before it runs and may crash.
  std::function<void(const std::string&)> before = [](const std::string&) {};
};

struct FuzzResult {
  int64_t problems = 0, refused = 0, threaded = 0, with_workspace = 0, different = 0;
  // Of a target and an operation's algorithm.
  std::map<std::pair<std::string, std::string>, int64_t> runs;
};

// Runs until the count is done or, unless told to keep going, a problem differs. Writes the
// problems that differ and, now and then, how far it is.
FuzzResult Fuzz(const FuzzOptions& options, std::ostream& log);

std::ostream& operator<<(std::ostream& out, const FuzzResult& result);

}  // namespace windrow::test

#endif  // WINDROW_TESTS_FUZZ_FUZZ_LOOP_H_
