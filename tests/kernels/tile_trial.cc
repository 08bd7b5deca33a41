// The register tile.
#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::TileArgs;

struct Tile {
  TileRole role;
  int vecs, rows;
  int64_t lanes;

  bool depthwise() const {
    return role == TileRole::kDepthwise || role == TileRole::kDepthwiseTail;
  }
  int64_t width() const { return vecs * lanes; }
  // Lanes that exist.
  int64_t valid(const TileArgs& t) const { return (vecs - 1) * lanes + t.tail; }
  int64_t len(const TileArgs& t) const { return depthwise() ? 1 : t.len; }
};

void DrawInputs(Fixture& s, const Tile& tile, TileArgs& t) {
  t.outer = s.Between(0, 3, 3);
  t.inner = s.Between(1, 3, 1);
  t.len = s.Between(1, 9, 64);
  const bool pixels = tile.role == TileRole::kPixels;
  t.a_row = pixels ? 1 : s.Between(1, 20, t.len);
  t.a_k = pixels ? s.Between(1, 20, tile.rows) : 1;
  t.a_inner = s.Between(1, 20, t.len);
  t.a_outer = s.Between(1, 20, tile.rows * t.len);
  t.b_k = s.Between(tile.width(), tile.width() + 5, tile.width());
  t.b_inner = s.Between(1, 40, t.len * t.b_k);
  t.b_outer = s.Between(1, 40, t.len * t.b_k);
  const int64_t inputs = !tile.depthwise()                   ? 1
                         : tile.role == TileRole::kDepthwise ? tile.width()
                                                             : tile.valid(t);
  const int64_t steps = tile.len(t) - 1;
  const bool none = t.outer == 0;
  t.a = s.Input(none ? 0
                     : (t.outer - 1) * t.a_outer + (t.inner - 1) * t.a_inner + steps * t.a_k +
                           (tile.rows - 1) * t.a_row + inputs,
                Role::kInput);
  t.b = s.Input(
      none ? 0
           : (t.outer - 1) * t.b_outer + (t.inner - 1) * t.b_inner + steps * t.b_k + tile.width(),
      Role::kWeights);
  t.bias = s.Input(pixels ? tile.rows : tile.width(), Role::kBias);
}

float Sum(const Fixture& s, const Tile& tile, const TileArgs& t, int64_t row, int64_t lane) {
  float sum = !t.first                         ? t.y[row * t.y_row + lane]
              : tile.role == TileRole::kPixels ? t.bias[row] + 0.0f
                                               : t.bias[lane] + 0.0f;
  for (int64_t i = 0; i < t.outer; ++i) {
    for (int64_t j = 0; j < t.inner; ++j) {
      for (int64_t k = 0; k < tile.len(t); ++k) {
        const ptrdiff_t a = i * t.a_outer + j * t.a_inner + k * t.a_k + row * t.a_row;
        const ptrdiff_t b = i * t.b_outer + j * t.b_inner + k * t.b_k + lane;
        sum = s.MultiplyAdd(t.a[a + (tile.depthwise() ? lane : 0)], t.b[b], sum);
      }
    }
  }
  return sum;
}

}  // namespace

Trial TileTrial(Fixture& s, internal::TileFn kernel, TileRole role, int vecs, int rows) {
  const Tile tile{role, vecs, rows, s.lanes()};
  TileArgs t{};
  t.tail = static_cast<int>(s.OneIn(2) ? s.Between(1, s.lanes(), 0) : s.lanes());
  DrawInputs(s, tile, t);
  t.first = !s.OneIn(3);
  t.last = !s.OneIn(3);
  if (!t.last) s.AllowAnyNaN();
  t.y_row = s.Between(tile.valid(t), tile.valid(t) + 9, tile.width());
  t.residual_row = t.y_row;
  const int64_t floats = (rows - 1) * t.y_row + tile.valid(t);
  t.y = s.Output(floats, Role::kInput);
  if (t.last) DrawResidual(s, floats, t.first, t);
  DrawClamp(s, t);
  t.prefetch_step = static_cast<uintptr_t>(s.Between(0, 64, 0));
  return {.reference =
              [&s, tile, t] {
                for (int64_t row = 0; row < tile.rows; ++row) {
                  for (int64_t lane = 0; lane < tile.valid(t); ++lane) {
                    const ptrdiff_t at = row * t.y_row + lane;
                    const float sum = Sum(s, tile, t, row, lane);
                    s.Expected(t.y + at) = t.last ? Finished(t, sum, at) : sum;
                  }
                }
              },
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.outer * t.inner * tile.len(t) * rows * tile.width())};
}

}  // namespace windrow::test
