// The parser of a pooling layer, and its arithmetic.
#include "bench/pools.h"

#include <stdexcept>

#include "bench/shape_file.h"
#include "bench/slide.h"

namespace windrow::bench {
namespace {

Slide Vertical(const Pool& p) {
  return {.in = p.input.h(),
          .kernel = p.kernel.h,
          .stride = p.stride.h,
          .padding = p.padding.h,
          .ceil = p.ceil};
}

Slide Horizontal(const Pool& p) {
  return {.in = p.input.w(),
          .kernel = p.kernel.w,
          .stride = p.stride.w,
          .padding = p.padding.w,
          .ceil = p.ceil};
}

Pool ParsePool(Words& words) {
  Pool p;
  // A statement a column, since the arguments of a call are evaluated in any order.
  p.name = words.Next("name");
  const std::string mode = words.Next("max or avg");
  if (mode != "max" && mode != "avg") {
    throw std::runtime_error("the second word must be max or avg, not \"" + mode + "\"");
  }
  p.mode = mode == "max" ? PoolMode::kMax : PoolMode::kAvg;
  const int64_t n = words.NextNumber("mb", 1);
  const int64_t c = words.NextNumber("c", 1);
  const int64_t h = words.NextNumber("ih", 1);
  const int64_t w = words.NextNumber("iw", 1);
  p.kernel.h = words.NextNumber("kh", 1);
  p.kernel.w = words.NextNumber("kw", 1);
  p.stride.h = words.NextNumber("sh", 1);
  p.stride.w = words.NextNumber("sw", 1);
  p.padding.h = words.NextNumber("ph", 0);
  p.padding.w = words.NextNumber("pw", 0);
  const int64_t ceil = words.NextNumber("ceil", 0);
  if (ceil > 1) throw std::runtime_error("ceil must be 0 or 1");
  p.ceil = ceil == 1;
  p.net = words.Next("net");
  p.input = Shape(n, c, h, w);
  RequireWindow(Vertical(p));
  RequireWindow(Horizontal(p));
  static_cast<void>(p.Output());  // throws if bytes do not fit 63 bits
  return p;
}

}  // namespace

Shape Pool::Output() const {
  return Shape(input.n(), input.c(), Vertical(*this).Outputs(), Horizontal(*this).Outputs());
}

Work Pool::ToWork(bool indices) const {
  const double pixels = static_cast<double>(Vertical(*this).PositionsRead()) *
                        static_cast<double>(Horizontal(*this).PositionsRead());
  const size_t bytes_an_output = sizeof(float) + (indices ? sizeof(int64_t) : 0);
  return {.flops = 0,
          .bytes_read = sizeof(float) * static_cast<double>(input.n() * input.c()) * pixels,
          .bytes_written =
              static_cast<double>(bytes_an_output) * static_cast<double>(Output().elements())};
}

std::string FindPoolsFile() { return FindShapeFile("pools.txt", "--pools"); }

std::vector<Pool> ReadPools(const std::string& path) {
  std::vector<Pool> pools;
  ReadShapeFile(path, [&](Words& words) {
    pools.push_back(ParsePool(words));
    return std::string(pools.back().ModeName()) + " " + pools.back().name;
  });
  return pools;
}

}  // namespace windrow::bench
