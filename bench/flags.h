// The flags of windrow_bench besides Google Benchmark's.
#ifndef WINDROW_BENCH_FLAGS_H_
#define WINDROW_BENCH_FLAGS_H_

#include <string>
#include <vector>

namespace windrow::bench {

struct Flags {
  std::string shapes, pools;       // files; empty: those that come with the sources
  std::string target;              // empty: the active one
  std::string algorithm = "auto";  // as Conv2dOptions, or as MaxPool2dOptions
  std::string peers = "all";       // all, none, or names separated by commas
  bool table = false;              // one line a layer instead of Google Benchmark's report
  bool samples = false;            // what each round measured, too
  int threads = 1;
  int rounds = 15;
};

inline constexpr char kFlagsHelp[] =
    "windrow_bench [--shapes=FILE]     layers to measure (default: bench/shapes/layers.txt)\n"
    "              [--pools=FILE]      pooling layers to measure (default: "
    "bench/shapes/pools.txt)\n"
    "              [--threads=N]       threads of Windrow, the peers and the probes (1)\n"
    "              [--target=NAME]     SIMD target of Windrow (the best)\n"
    "              [--algorithm=NAME]  algorithm of Windrow (auto)\n"
    "              [--peers=all|none|LIST]  a peer (onednn) or one of its formats (onednn_nhwc)\n"
    "              [--table]           one line a layer: its ratios, peer / Windrow\n"
    "              [--json=FILE]       all counters; -: to standard output, instead of a report\n"
    "              [--rounds=N]        measurements of each (15)\n"
    "              [--samples]         counters windrow_us[0] ... of every round, limit_us[0] ... "
    "too\n"
    "each also as --name VALUE; and the flags of Google Benchmark, such as "
    "--benchmark_filter=REGEX,\n"
    "of benchmarks named conv/LAYER/LAYOUT, conv_cold/..., backward_data/..., "
    "backward_weights/..., "
    "max_pool/..., avg_pool/..., max_pool_backward/..., avg_pool_backward/..., fused/PAIR/LAYOUT "
    "and\n"
    "probe/...:\n";

// Takes these flags out of the arguments, --name=value or --name value, and leaves Google
// Benchmark's, to which --json adds some. Throws std::invalid_argument for a value that is wrong.
Flags TakeFlags(std::vector<std::string>& arguments);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_FLAGS_H_
