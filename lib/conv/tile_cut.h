// How a line of output pixels times a panel of output channels is cut into register tiles.
#ifndef WINDROW_LIB_CONV_TILE_CUT_H_
#define WINDROW_LIB_CONV_TILE_CUT_H_

#include <cstdint>
#include <string>

#include "lib/base/math.h"
#include "lib/conv/problem.h"

namespace windrow::internal {

// Every part of the panel is `vecs` vectors wide; the line falls into even pieces of at most
// `max_rows` pixels.
struct TileCut {
  int vecs;
  int max_rows;
  double cycles;  // a step of the reduction costs about this for the whole line and panel
};

// What a step of the reduction costs in a tile of this size, in cycles, on today's large cores.
double StepCycles(const ConvOp& op, int64_t rows, int64_t vecs);

// Of all parts, if one of a size costs `cycles_of(size)`.
template <typename F>
double Cycles(const EvenSplit& split, const F& cycles_of) {
  double cycles = static_cast<double>(split.parts - split.larger) * cycles_of(split.smaller);
  if (split.larger > 0) cycles += static_cast<double>(split.larger) * cycles_of(split.smaller + 1);
  return cycles;
}

// "6 rows x 4 vectors of 16 lanes"
std::string DescribeTile(const ConvOp& op, int64_t rows, int64_t vecs);

// How many pieces each of `others` independent parts of a call is cut into for its threads: enough
// that one that was held up can be helped out, and none too small to be worth it. 1 on one thread.
int64_t BandsForThreads(const ConvShape& call, int64_t others);

// The cheapest cut. A narrow tile takes more rows and so may fit a short line better (7 pixels: one
// tile of 7 x 2 twice, rather than 4 x 4 and 3 x 4). `not_vecs`: of another width, if there is one.
TileCut CutLine(const ConvOp& op, const Panel& panel, int64_t length, int not_vecs = 0);

}  // namespace windrow::internal

#endif  // WINDROW_LIB_CONV_TILE_CUT_H_
