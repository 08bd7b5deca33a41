// What has to be done at least, however it is done.
#ifndef WINDROW_BENCH_WORK_H_
#define WINDROW_BENCH_WORK_H_

namespace windrow::bench {

struct Work {
  double flops = 0;  // 0: it only moves data
  double bytes_read = 0, bytes_written = 0;
  double bytes() const { return bytes_read + bytes_written; }
};

}  // namespace windrow::bench

#endif  // WINDROW_BENCH_WORK_H_
