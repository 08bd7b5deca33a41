// Parses the flags of windrow_bench.
#include "bench/flags.h"

#include <CLI/CLI.hpp>
#include <limits>
#include <stdexcept>

namespace windrow::bench {
namespace {

// As Google Benchmark's flags, which then follow.
void AddJson(const std::string& path, const Flags& flags, std::vector<std::string>& arguments) {
  for (const std::string& a : arguments) {
    if (a.starts_with("--benchmark_out=") || a.starts_with("--benchmark_format=")) {
      throw std::invalid_argument("--json and " + a + " are two ways to say the same");
    }
  }
  if (path != "-") {
    arguments.insert(arguments.end(), {"--benchmark_out=" + path, "--benchmark_out_format=json"});
  } else if (flags.table) {
    throw std::invalid_argument("--json - and --table cannot both go to standard output");
  } else {
    arguments.push_back("--benchmark_format=json");
  }
}

}  // namespace

Flags TakeFlags(std::vector<std::string>& arguments) {
  Flags flags;
  std::string json;
  CLI::App app;
  app.set_help_flag();  // Google Benchmark's
  app.allow_extras();
  const auto positive = CLI::Range(1, std::numeric_limits<int>::max());
  app.add_option("--shapes", flags.shapes);
  app.add_option("--pools", flags.pools);
  app.add_option("--target", flags.target);
  app.add_option("--algorithm", flags.algorithm);
  app.add_option("--peers", flags.peers);
  app.add_option("--threads", flags.threads)->check(positive);
  app.add_option("--rounds", flags.rounds)->check(positive);
  app.add_option("--json", json);
  app.add_flag("--table", flags.table);
  app.add_flag("--samples", flags.samples);
  try {
    app.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));  // CLI11's order
  } catch (const CLI::Error& e) {
    throw std::invalid_argument(e.what());
  }
  arguments = app.remaining();
  if (!json.empty()) AddJson(json, flags, arguments);
  return flags;
}

}  // namespace windrow::bench
