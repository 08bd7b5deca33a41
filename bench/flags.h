// The flags of windrow_bench besides Google Benchmark's.
#ifndef WINDROW_BENCH_FLAGS_H_
#define WINDROW_BENCH_FLAGS_H_

#include <string>

namespace windrow::bench {

struct Flags {
  std::string shapes, pools;       // files; empty: those that come with the sources
  std::string target;              // empty: the active one
  std::string algorithm = "auto";  // as Conv2dOptions, or as MaxPool2dOptions
  std::string peers = "all";       // all, none, or names separated by commas
  bool table = false;              // one line a layer instead of Google Benchmark's report
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
    "              [--rounds=N]        measurements of each (15)\n"
    "and the flags of Google Benchmark:\n";

// Takes these flags out of argv and leaves the others. Throws std::invalid_argument for a value
// that is wrong.
Flags TakeFlags(int* argc, char** argv);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_FLAGS_H_
