// The register tile.
#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {
namespace {

using internal::TileArgs;

struct Tile {
  TileRole role;
  int vecs, rows;  // rows of one of the call's tiles
  int64_t lanes;

  bool panels() const { return role == TileRole::kPanels; }
  bool depthwise() const {
    return role == TileRole::kDepthwise || role == TileRole::kDepthwiseTail;
  }
  int64_t width() const { return vecs * lanes; }
  int64_t all_rows(const TileArgs& t) const { return rows * t.tiles; }
  // Lanes that exist, of the last row and of any.
  int64_t valid(const TileArgs& t) const { return (vecs - 1) * lanes + t.tail; }
  int64_t valid(const TileArgs& t, int64_t row) const {
    return panels() && row % rows != rows - 1 ? width() : valid(t);
  }
  int64_t len(const TileArgs& t) const { return depthwise() ? 1 : t.len; }
};

void DrawInputs(Fixture& s, const Tile& tile, TileArgs& t) {
  t.outer = s.Between(0, 3, 3);
  t.inner = s.Between(1, 3, 1);
  t.len = s.Between(1, 9, 64);
  const bool pixels = tile.role == TileRole::kPixels, panels = tile.panels();
  const int64_t rows = tile.all_rows(t), width = tile.width();
  t.a_row = pixels ? 1 : s.Between(1, 20, panels ? t.outer * t.inner * t.len * width : t.len);
  t.a_k = pixels ? s.Between(1, 20, rows) : panels ? s.Between(1, 20, width) : 1;
  t.a_inner = s.Between(1, 20, panels ? t.len * width : t.len);
  t.a_outer = s.Between(1, 20, panels ? t.inner * t.len * width : rows * t.len);
  t.b_k = panels ? s.Between(1, 20, 1) : s.Between(width, width + 5, width);
  t.b_inner = s.Between(1, 40, t.len * t.b_k);
  t.b_outer = s.Between(1, 40, t.len * t.b_k);
  const int64_t inputs = panels || tile.role == TileRole::kDepthwise ? width
                         : tile.role == TileRole::kDepthwiseTail     ? tile.valid(t)
                                                                     : 1;
  const int64_t steps = tile.len(t) - 1;
  const bool none = t.outer == 0;
  t.a = s.Input(none ? 0
                     : (t.outer - 1) * t.a_outer + (t.inner - 1) * t.a_inner + steps * t.a_k +
                           (rows - 1) * t.a_row + inputs,
                panels ? Role::kWeights : Role::kInput);
  t.b = s.Input(none ? 0
                     : (t.outer - 1) * t.b_outer + (t.inner - 1) * t.b_inner + steps * t.b_k +
                           (panels ? 1 : width),
                panels ? Role::kInput : Role::kWeights);
  t.bias = s.Input(pixels ? rows : panels ? rows * width : width, Role::kBias);
}

float Sum(const Fixture& s, const Tile& tile, const TileArgs& t, int64_t row, int64_t lane) {
  float sum = !t.first                         ? t.y[row * t.y_row + lane]
              : tile.role == TileRole::kPixels ? t.bias[row] + 0.0f
              : tile.panels()                  ? t.bias[row * tile.width() + lane] + 0.0f
                                               : t.bias[lane] + 0.0f;
  for (int64_t i = 0; i < t.outer; ++i) {
    for (int64_t j = 0; j < t.inner; ++j) {
      for (int64_t k = 0; k < tile.len(t); ++k) {
        const ptrdiff_t a = i * t.a_outer + j * t.a_inner + k * t.a_k + row * t.a_row;
        const ptrdiff_t b = i * t.b_outer + j * t.b_inner + k * t.b_k;
        const bool lanes_of_a = tile.depthwise() || tile.panels();
        sum = s.MultiplyAdd(t.a[a + (lanes_of_a ? lane : 0)], t.b[b + (tile.panels() ? 0 : lane)],
                            sum);
      }
    }
  }
  return sum;
}

}  // namespace

Trial TileTrial(Fixture& s, internal::TileFn kernel, TileRole role, int vecs, int rows) {
  const Tile tile{role, vecs, rows, s.lanes()};
  TileArgs t{};
  if (role != TileRole::kPixels) t.tiles = s.Between(1, 3, 1);
  t.tail = static_cast<int>(s.OneIn(2) ? s.Between(1, s.lanes(), 0) : s.lanes());
  DrawInputs(s, tile, t);
  t.first = !s.OneIn(3);
  t.last = !s.OneIn(3);
  if (!t.last) s.AllowAnyNaN();
  const int64_t row = tile.valid(t, 0);
  t.y_row = s.Between(row, row + 9, tile.width());
  t.residual_row = t.y_row;
  const int64_t floats = (tile.all_rows(t) - 1) * t.y_row + tile.valid(t);
  t.y = s.Output(floats, Role::kInput);
  if (t.last) DrawResidual(s, floats, t.first, t);
  DrawClamp(s, t);
  t.prefetch_step = static_cast<uintptr_t>(s.Between(0, 64, 0));
  return {.reference =
              [&s, tile, t] {
                for (int64_t r = 0; r < tile.all_rows(t); ++r) {
                  for (int64_t lane = 0; lane < tile.valid(t, r); ++lane) {
                    const ptrdiff_t at = r * t.y_row + lane;
                    const float sum = Sum(s, tile, t, r, lane);
                    s.Expected(t.y + at) = t.last ? Finished(t, sum, at) : sum;
                  }
                }
              },
          .kernel = [kernel, t] { kernel(t); },
          .work = static_cast<double>(t.outer * t.inner * tile.len(t) * rows * tile.width())};
}

}  // namespace windrow::test
