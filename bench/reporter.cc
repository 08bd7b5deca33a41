// Plain benchmark names, on the console, in files and for filters.
#include "bench/reporter.h"

#include <regex>
#include <utility>

namespace windrow::bench {
namespace {

// The reporter behind --benchmark_out, or null.
std::unique_ptr<benchmark::BenchmarkReporter> FileReporter(
    const std::vector<std::string>& arguments) {
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
  for (Run& run : plain) {
    run.run_name.iterations.clear();
    run.run_name.time_type.clear();
    failed_ = failed_ || run.error_occurred;
  }
  reporter_->ReportRuns(plain);
}

bool Selected(const std::string& name) {
  std::string filter = benchmark::GetBenchmarkFilter();
  if (filter.empty() || filter == "all") return true;
  const bool inverted = filter.front() == '-';
  if (inverted) filter.erase(0, 1);
  return std::regex_search(name, std::regex(filter, std::regex::extended)) != inverted;
}

bool RunAll(const std::vector<std::string>& arguments,
            std::unique_ptr<benchmark::BenchmarkReporter> reporter) {
  PlainNames display(std::move(reporter));
  const std::unique_ptr<benchmark::BenchmarkReporter> file = FileReporter(arguments);
  benchmark::RunSpecifiedBenchmarks(&display, file.get(), "all");
  return !display.failed();
}

}  // namespace windrow::bench
