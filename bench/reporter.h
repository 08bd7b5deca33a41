// Registering and running benchmarks: Google Benchmark's reporters, without the
// "/iterations:1/manual_time" it adds to every name here, and what becomes of their output.
#ifndef WINDROW_BENCH_REPORTER_H_
#define WINDROW_BENCH_REPORTER_H_

#include <benchmark/benchmark.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace windrow::bench {

// Passes everything on to another reporter, under plain names.
class PlainNames : public benchmark::BenchmarkReporter {
 public:
  explicit PlainNames(std::unique_ptr<benchmark::BenchmarkReporter> reporter)
      : reporter_(std::move(reporter)) {}

  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;
  void Finalize() override;
  // Whether a benchmark ended in an error.
  bool failed() const { return failed_; }
  // Whether all that was reported could be written.
  bool written() const { return written_; }

 private:
  bool failed_ = false, written_ = true;
  std::unique_ptr<benchmark::BenchmarkReporter> reporter_;
};

// Registers a benchmark of one iteration that takes its own time, if --benchmark_filter selects
// this plain name. What `run` throws is the benchmark's error. Throws std::invalid_argument if the
// filter is no regular expression.
void Register(const std::string& name, benchmark::TimeUnit unit,
              std::function<void(benchmark::State&)> run);

// Runs everything that is registered; returns the exit code: 0, 1 if a benchmark ended in an error,
// or that of an interrupt, after which no further benchmark runs and what is reported is complete.
// The arguments are those before benchmark::Initialize: they say whether there is to be an output
// file. Throws std::invalid_argument, naming the filter, if nothing is registered, and
// std::runtime_error if the output cannot be written.
int RunAll(const std::vector<std::string>& arguments,
           std::unique_ptr<benchmark::BenchmarkReporter> reporter);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_REPORTER_H_
