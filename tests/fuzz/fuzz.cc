// windrow_fuzz: random problems, compared with the reference bit by bit on every usable target.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "tests/fuzz/fuzz_loop.h"

// There in a sanitizer's build only.
// NOLINTNEXTLINE(bugprone-reserved-identifier)
extern "C" void __sanitizer_set_death_callback(void (*callback)()) __attribute__((weak));

namespace {

constexpr char kUsage[] =
    "usage: windrow_fuzz [--op conv|pool|both|gradient|fused] [--seed S] [--skip K] [--count N] "
    "[--keep-going]\n"
    "                    [--extreme]\n"
    "Checks the problems K (0), K + 1, ... of seed S (1): N of them, or without end, until one\n"
    "differs from the reference. They are convolutions and poolings in turn, or --op's alone. "
    "With\n"
    "--extreme strides, paddings and dilations may be as large as the library takes.\n";

// A stray access ends the program, at a guard page or by a sanitizer; the problem is then printed
// from here.
std::array<char, 1024> g_problem;

void Remember(const std::string& what) {
  const size_t length = std::min(what.size(), g_problem.size() - 1);
  std::memcpy(g_problem.data(), what.data(), length);
  g_problem[length] = '\0';
}

void Print(std::string_view s) { (void)!write(STDERR_FILENO, s.data(), s.size()); }

void PrintCrashed() {
  Print("CRASHED: ");
  Print(g_problem.data());
}

void PrintProblemAtCrash() {
  if (__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(PrintCrashed);
    return;
  }
  struct sigaction action {};
  action.sa_handler = [](int) { PrintCrashed(); };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the access faults again, and ends it
  sigaction(SIGSEGV, &action, nullptr);
}

template <typename T>
bool Parse(std::string_view text, T& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0;
}

bool Parse(std::string_view text, windrow::test::FuzzOp& op) {
  constexpr std::string_view kNames[] = {"both", "conv", "pool", "gradient", "fused"};
  const auto* const found = std::find(std::begin(kNames), std::end(kNames), text);
  op = static_cast<windrow::test::FuzzOp>(found - std::begin(kNames));
  return found != std::end(kNames);
}

bool ParseArguments(int argc, char** argv, windrow::test::FuzzOptions& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--keep-going" || name == "--extreme") {
      (name == "--extreme" ? options.extreme : options.keep_going) = true;
      continue;
    }
    if (++i == argc) return false;
    const bool good = name == "--op"      ? Parse(argv[i], options.op)
                      : name == "--seed"  ? Parse(argv[i], options.seed)
                      : name == "--skip"  ? Parse(argv[i], options.skip)
                      : name == "--count" ? Parse(argv[i], options.count)
                                          : false;
    if (!good) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  windrow::test::FuzzOptions options;
  if (!ParseArguments(argc, argv, options)) {
    std::cerr << kUsage;
    return 2;
  }
  options.before = Remember;
  PrintProblemAtCrash();
  const windrow::test::FuzzResult result = windrow::test::Fuzz(options, std::cerr);
  std::cout << "seed " << options.seed << ": " << result;
  return result.different == 0 ? 0 : 1;
}
