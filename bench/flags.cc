// Parses the flags of windrow_bench.
#include "bench/flags.h"

#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace windrow::bench {
namespace {

// Whether the argument is --name=value; then `value` is set.
bool Match(std::string_view argument, std::string_view name, std::string_view* value) {
  const std::string prefix = "--" + std::string(name) + "=";
  if (!argument.starts_with(prefix)) return false;
  *value = argument.substr(prefix.size());
  return true;
}

int Positive(std::string_view name, std::string_view value) {
  int number = 0;
  const char* const end = value.data() + value.size();
  const auto [stop, error] = std::from_chars(value.data(), end, number);
  if (error != std::errc() || stop != end || number < 1) {
    throw std::invalid_argument("--" + std::string(name) + " takes a positive number, not \"" +
                                std::string(value) + "\"");
  }
  return number;
}

}  // namespace

Flags TakeFlags(int* argc, char** argv) {
  Flags flags;
  int kept = 1;
  for (int i = 1; i < *argc; ++i) {
    std::string_view value;
    if (argv[i] == std::string_view("--table")) {
      flags.table = true;
    } else if (Match(argv[i], "shapes", &value)) {
      flags.shapes = value;
    } else if (Match(argv[i], "pools", &value)) {
      flags.pools = value;
    } else if (Match(argv[i], "target", &value)) {
      flags.target = value;
    } else if (Match(argv[i], "algorithm", &value)) {
      flags.algorithm = value;
    } else if (Match(argv[i], "peers", &value)) {
      flags.peers = value;
    } else if (Match(argv[i], "threads", &value)) {
      flags.threads = Positive("threads", value);
    } else if (Match(argv[i], "rounds", &value)) {
      flags.rounds = Positive("rounds", value);
    } else {
      argv[kept++] = argv[i];
    }
  }
  *argc = kept;
  argv[kept] = nullptr;
  return flags;
}

}  // namespace windrow::bench
