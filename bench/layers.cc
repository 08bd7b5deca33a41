// The parser of layers, and their arithmetic.
#include "bench/layers.h"

#include <stdexcept>

#include "bench/shape_file.h"

namespace windrow::bench {
namespace {

using problems::Slide;

double Product(int64_t a, int64_t b) { return static_cast<double>(a) * static_cast<double>(b); }

double PixelsRead(const Slide& vertical, const Slide& horizontal) {
  return Product(vertical.PositionsRead(), horizontal.PositionsRead());
}

// What a line says of the window.
template <typename Problem>
void ReadWindow(Columns& line, Problem& p) {
  p.kernel.h = line.Number("kh", 1);
  p.kernel.w = line.Number("kw", 1);
  p.stride.h = line.Number("sh", 1);
  p.stride.w = line.Number("sw", 1);
  const int64_t padding_h = line.Number("ph", 0);
  p.padding = Padding(padding_h, line.Number("pw", 0));
}

template <typename Problem>
void ReadImage(Columns& line, Problem& p) {
  p.ih = line.Number("ih", 1);
  p.iw = line.Number("iw", 1);
}

template <typename Problem>
void Check(const Problem& p) {
  if (!IsValid(p)) throw std::runtime_error("no such layer can be: " + ToString(p));
}

Layer ReadLayer(Columns& line) {
  Layer layer;
  ConvProblem& p = layer.problem;
  layer.name = line.Word("name");
  p.mb = line.Number("mb", 1);
  p.g = line.Number("groups", 1);
  p.ic = line.Number("ic", 1);
  ReadImage(line, p);
  p.oc = line.Number("oc", 1);
  ReadWindow(line, p);
  p.dilation.h = line.Number("dh", 1);
  p.dilation.w = line.Number("dw", 1);
  layer.count = line.Number("count", 1);
  layer.net = line.Word("net");
  Check(p);
  static_cast<void>(p.weights());  // throws if bytes do not fit 63 bits
  return layer;
}

Pool ReadPool(Columns& line) {
  Pool pool;
  PoolProblem& p = pool.problem;
  pool.name = line.Word("name");
  const std::string mode = line.Word("max or avg");
  if (mode != "max" && mode != "avg") {
    throw std::runtime_error("the second word must be max or avg, not \"" + mode + "\"");
  }
  if (mode == "avg") p.reduction = problems::Reduction::kAverage;
  p.mb = line.Number("mb", 1);
  p.c = line.Number("c", 1);
  ReadImage(line, p);
  ReadWindow(line, p);
  const int64_t ceil = line.Number("ceil", 0);
  if (ceil > 1) throw std::runtime_error("ceil must be 0 or 1");
  p.ceil_mode = ceil == 1;
  pool.net = line.Word("net");
  Check(p);
  return pool;
}

}  // namespace

double Layer::Flops() const {
  const ConvProblem& p = problem;
  return 2 * Product(p.mb * p.oc, p.ic / p.g) * Product(p.vertical().Taps(), p.horizontal().Taps());
}

double Layer::BytesRead() const {
  const ConvProblem& p = problem;
  const double pixels = PixelsRead(p.vertical(), p.horizontal());
  return sizeof(float) *
         (static_cast<double>(p.mb * p.ic) * pixels + static_cast<double>(p.weights()));
}

double Layer::BytesWritten() const {
  return sizeof(float) * static_cast<double>(problem.output().elements());
}

Work Pool::ToWork(bool indices) const {
  const PoolProblem& p = problem;
  const size_t bytes_an_output = sizeof(float) + (indices ? sizeof(int64_t) : 0);
  return {.flops = 0,
          .bytes_read = sizeof(float) * static_cast<double>(p.mb * p.c) *
                        PixelsRead(p.vertical(), p.horizontal()),
          .bytes_written = Product(static_cast<int64_t>(bytes_an_output), p.output().elements())};
}

Work Pool::ToBackwardWork() const {
  const size_t bytes_an_output = sizeof(float) + (problem.average() ? 0 : sizeof(int64_t));
  return {.flops = 0,
          .bytes_read = Product(static_cast<int64_t>(bytes_an_output), problem.output().elements()),
          .bytes_written = Product(sizeof(float), problem.input().elements())};
}

std::vector<Layer> ReadLayers(const std::string& path) {
  std::vector<Layer> layers;
  ReadShapeFile(path, [&](Columns& line) {
    layers.push_back(ReadLayer(line));
    return layers.back().name;
  });
  return layers;
}

std::vector<Pool> ReadPools(const std::string& path) {
  std::vector<Pool> pools;
  ReadShapeFile(path, [&](Columns& line) {
    pools.push_back(ReadPool(line));
    return std::string(pools.back().ModeName()) + " " + pools.back().name;
  });
  return pools;
}

}  // namespace windrow::bench
