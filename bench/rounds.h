// Fair comparison on a machine whose clock wanders: everything is measured a little in every round,
// and only ratios within a round are trusted.
//
//   for each round: for each competitor, starting one later than in the last round: measure it
//
// Medians over the rounds then forget the ones that something else disturbed.
#ifndef WINDROW_BENCH_ROUNDS_H_
#define WINDROW_BENCH_ROUNDS_H_

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace windrow::bench {

// One number a round: seconds a call, or a rate.
using Samples = std::vector<double>;

class Rounds {
 public:
  // Returns the index of this competitor's samples.
  size_t Add(std::function<double()> measure);
  // `pause_seconds` before each measurement, for thread pools that spin a while after their work.
  void Run(int rounds, double pause_seconds);
  const Samples& samples(size_t competitor) const { return samples_[competitor]; }

 private:
  std::vector<std::function<double()>> measures_;
  std::vector<Samples> samples_;
};

// Measures a call's seconds by a batch of calls of about 2 ms, at least one, after one call that is
// not timed and brings back what the competitors have thrown out of the caches.
class Batch {
 public:
  // Calls a few times to find out how long a call takes. A call that works on the calling thread
  // alone is measured by its processor time.
  Batch(std::function<void()> call, bool one_thread);
  double operator()() const;
  double estimated_seconds() const { return estimate_; }

 private:
  double Time(int calls) const;

  std::function<void()> call_;
  bool one_thread_;
  double estimate_ = 0;
  int calls_ = 1;
};

double Median(Samples samples);
// Of a[round] / b[round].
double MedianRatio(const Samples& a, const Samples& b);
// How far the middle half of the samples reaches, as a part of the median.
double Spread(Samples samples);

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_ROUNDS_H_
