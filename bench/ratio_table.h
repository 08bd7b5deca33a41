// A display reporter for reading: one line a layer, its time and its ratios.
//
//   layer                         us  limit   best   same  onednn_any  onednn_nhwc ...
//   conv/resnet50_conv1/nhwc  1234.5    87%   1.05   1.12        1.05         1.12 ...
#ifndef WINDROW_BENCH_RATIO_TABLE_H_
#define WINDROW_BENCH_RATIO_TABLE_H_

#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "bench/peer.h"

namespace windrow::bench {

class RatioTable : public benchmark::BenchmarkReporter {
 public:
  // With a column for every format of these peers.
  explicit RatioTable(const std::vector<Peer>& peers);

  bool ReportContext(const Context& context) override;
  // Benchmarks that are not of a layer are left out; errors are not.
  void ReportRuns(const std::vector<Run>& runs) override;

 private:
  struct Column {
    std::string heading, counter;
    int width, decimals;
    std::string unit;
  };

  std::vector<Column> columns_;
  int name_width_ = 0;
};

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_RATIO_TABLE_H_
