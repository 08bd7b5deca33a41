// Checks Windrow against PyTorch's answers, read from standard input or from files as
// scripts/record-pytorch writes them. Exit code 1 if any is wrong, 2 if the input is.
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <istream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "tests/pytorch/answer.h"
#include "tests/pytorch/check.h"
#include "tests/pytorch/gradient_check.h"
#include "tests/pytorch/pool_check.h"
#include "tests/pytorch/pool_gradient_check.h"
#include "tests/pytorch/recording.h"

namespace windrow::test {
namespace {

struct Count {
  int64_t values = 0, refusals = 0, runs = 0, wrong = 0;
  int64_t problems() const { return values + refusals; }
};

std::string_view running;  // the line

// Says which problem ends the program, with nothing that a signal handler may not call.
void OnCrash(int signal) {
  for (const std::string_view text : {std::string_view("CRASH: "), running, {"\n"}}) {
    if (write(STDERR_FILENO, text.data(), text.size()) < 0) break;
  }
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

template <typename Check, typename Ways>
void CheckNext(const Answer& recorded, const Check& check, const Ways& ways, Count& count) {
  std::string failure = check.Recording();
  for (const auto& way : ways) {
    if (!failure.empty()) break;
    failure = check.Run(way);
    ++count.runs;
  }
  ++(recorded.refused ? count.refusals : count.values);
  if (failure.empty()) return;
  ++count.wrong;
  std::printf("WRONG: %s: %s\n", recorded.text.c_str(), failure.c_str());
  std::fflush(stdout);
}

void CheckAll(std::istream& in, Count& count) {
  while (const auto line = NextLine(in)) {
    running = *line;
    if (IsPoolGradient(*line)) {
      const RecordedPool recorded = ParsePoolGradient(*line);
      CheckNext(recorded, PoolGradientCheck(recorded), PytorchPoolWays(), count);
    } else if (problems::IsPoolText(*line)) {
      const RecordedPool recorded = ParseRecordedPool(*line);
      CheckNext(recorded, PytorchPoolCheck(recorded), PytorchPoolWays(), count);
    } else if (IsGradient(*line)) {
      const RecordedGradient recorded = ParseGradient(*line);
      CheckNext(recorded.recorded, GradientCheck(recorded), Ways(count.problems()), count);
    } else {
      const Recorded recorded = ParseRecorded(*line);
      CheckNext(recorded, PytorchCheck(recorded), Ways(count.problems()), count);
    }
    if (count.problems() % 10'000 == 0) {
      std::printf("%lld problems, %lld wrong\n", static_cast<long long>(count.problems()),
                  static_cast<long long>(count.wrong));
      std::fflush(stdout);
    }
  }
}

int Main(const std::vector<std::string>& files) {
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) std::signal(signal, OnCrash);
  Count count;
  if (files.empty()) CheckAll(std::cin, count);
  for (const std::string& file : files) {
    std::ifstream in(file);
    if (!in) throw std::runtime_error("cannot open " + file);
    CheckAll(in, count);
  }
  std::printf("%lld problems (%lld of them refused by PyTorch), %lld runs, %lld problems wrong\n",
              static_cast<long long>(count.problems()), static_cast<long long>(count.refusals),
              static_cast<long long>(count.runs), static_cast<long long>(count.wrong));
  if (count.problems() == 0) throw std::runtime_error("no problem was read");
  return count.wrong > 0 ? 1 : 0;
}

}  // namespace
}  // namespace windrow::test

int main(int argc, char** argv) {
  try {
    return windrow::test::Main({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "windrow_pytorch_check: %s\n", e.what());
    return 2;
  }
}
