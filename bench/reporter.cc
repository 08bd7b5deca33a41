// Plain benchmark names, on the console, in files and for filters; interrupts; and whether output
// arrives.
#include "bench/reporter.h"

#include <unistd.h>

#include <csignal>
#include <iostream>
#include <regex>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace windrow::bench {
namespace {

// The error of a benchmark that is not run any more; it is not reported.
constexpr char kInterrupted[] = "interrupted";
volatile std::sig_atomic_t g_signal = 0;
int g_registered = 0;

// Google Benchmark cannot be stopped, but what is left can be skipped, which ends the report as it
// should. A second signal ends the program at once.
void OnSignal(int signal) {
  g_signal = signal;
  std::signal(signal, SIG_DFL);
  constexpr std::string_view kMessage =
      "\nwindrow_bench: ends after this benchmark; interrupt it again to end it at once\n";
  [[maybe_unused]] const auto ignored =
      write(STDERR_FILENO, kMessage.data(), kMessage.size());  // printing is not allowed here
}

// Whether --benchmark_filter selects this plain name.
bool Selected(const std::string& name) {
  std::string filter = benchmark::GetBenchmarkFilter();
  if (filter.empty() || filter == "all") return true;
  const bool inverted = filter.front() == '-';
  if (inverted) filter.erase(0, 1);
  try {
    return std::regex_search(name, std::regex(filter, std::regex::extended)) != inverted;
  } catch (const std::regex_error& e) {
    throw std::invalid_argument("the filter \"" + filter +
                                "\" is no regular expression: " + e.what());
  }
}

// The reporter behind --benchmark_out, or null.
std::unique_ptr<PlainNames> FileReporter(const std::vector<std::string>& arguments) {
  bool file = false, csv = false;
  for (const std::string& a : arguments) {
    if (a.starts_with("--benchmark_out=")) file = true;
    if (a.starts_with("--benchmark_out_format=")) csv = a.ends_with("csv");
  }
  if (!file) return nullptr;
  if (!csv) return std::make_unique<PlainNames>(std::make_unique<benchmark::JSONReporter>());
    // Google Benchmark deprecates this class but still has the flag.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  return std::make_unique<PlainNames>(std::make_unique<benchmark::CSVReporter>());
#pragma GCC diagnostic pop
}

}  // namespace

bool PlainNames::ReportContext(const Context& context) {
  reporter_->SetOutputStream(&GetOutputStream());
  reporter_->SetErrorStream(&GetErrorStream());
  return reporter_->ReportContext(context);
}

void PlainNames::ReportRuns(const std::vector<Run>& runs) {
  std::vector<Run> plain = runs;
  std::erase_if(plain, [](const Run& run) { return run.error_message == kInterrupted; });
  if (plain.empty()) return;
  for (Run& run : plain) {
    run.run_name.iterations.clear();
    run.run_name.time_type.clear();
    failed_ = failed_ || run.error_occurred;
  }
  reporter_->ReportRuns(plain);
}

void PlainNames::Finalize() {
  reporter_->Finalize();
  written_ = GetOutputStream().flush().good();
}

void Register(const std::string& name, benchmark::TimeUnit unit,
              std::function<void(benchmark::State&)> run) {
  if (!Selected(name)) return;
  ++g_registered;
  benchmark::RegisterBenchmark(name.c_str(),
                               [run = std::move(run)](benchmark::State& state) {
                                 if (g_signal != 0) return state.SkipWithError(kInterrupted);
                                 try {
                                   run(state);
                                 } catch (const std::exception& e) {
                                   state.SkipWithError(e.what());
                                 }
                               })
      ->UseManualTime()
      ->Iterations(1)
      ->Unit(unit);
}

int RunAll(const std::vector<std::string>& arguments,
           std::unique_ptr<benchmark::BenchmarkReporter> reporter) {
  if (g_registered == 0) {
    throw std::invalid_argument("no benchmark matches the filter \"" +
                                benchmark::GetBenchmarkFilter() + "\"");
  }
  PlainNames display(std::move(reporter));
  const std::unique_ptr<PlainNames> file = FileReporter(arguments);
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, OnSignal);
  benchmark::RunSpecifiedBenchmarks(&display, file.get(), "all");
  // A list of names is printed without the display.
  if (!std::cout.flush() || !display.written() || (file != nullptr && !file->written())) {
    throw std::runtime_error("cannot write the output");
  }
  if (g_signal != 0) return 128 + g_signal;
  return display.failed() ? 1 : 0;
}

}  // namespace windrow::bench
