// Google Benchmark's reporters, without the "/iterations:1/manual_time" it adds to every name here.
#ifndef WINDROW_BENCH_REPORTER_H_
#define WINDROW_BENCH_REPORTER_H_

#include <benchmark/benchmark.h>

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
  void Finalize() override { reporter_->Finalize(); }
  // Whether a benchmark ended in an error.
  bool failed() const { return failed_; }

 private:
  bool failed_ = false;
  std::unique_ptr<benchmark::BenchmarkReporter> reporter_;
};

// Whether --benchmark_filter selects this plain name.
bool Selected(const std::string& name);

// Runs everything that is registered; returns whether all went well. The arguments are those before
// benchmark::Initialize: they say whether there is to be an output file.
bool RunAll(const std::vector<std::string>& arguments,
            std::unique_ptr<benchmark::BenchmarkReporter> reporter);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_REPORTER_H_
