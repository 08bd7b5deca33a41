// Rows of pixels of one output channel.
#include "tests/kernels/epilogue.h"
#include "tests/kernels/trials.h"

namespace windrow::test {

Trial PixelRowTrial(Fixture& s, internal::PixelRowFn row, int steps) {
  internal::PixelRowArgs t{};
  t.pixels = s.lanes() * s.Between(1, 4, 16);
  t.x_step = s.Between(1, t.pixels + 9, t.pixels);
  t.weight_step = s.Between(1, 9, 1);
  t.x = s.Input((steps - 1) * t.x_step + t.pixels, Role::kInput);
  t.weights = s.Input((steps - 1) * t.weight_step + 1, Role::kWeights);
  t.bias = *s.Input(1, Role::kBias);
  t.first = !s.OneIn(3);
  t.last = !s.OneIn(3);
  if (!t.last) s.AllowAnyNaN();
  t.y = s.Output(t.pixels, Role::kInput);
  if (t.last) DrawResidual(s, t.pixels, t.first, t);
  DrawClamp(s, t);
  return {.reference =
              [&s, t, steps] {
                for (int64_t i = 0; i < t.pixels; ++i) {
                  float sum = t.first ? t.bias + 0.0f : t.y[i];
                  for (int64_t k = 0; k < steps; ++k) {
                    sum = s.MultiplyAdd(t.weights[k * t.weight_step], t.x[k * t.x_step + i], sum);
                  }
                  s.Expected(t.y + i) = t.last ? Finished(t, sum, i) : sum;
                }
              },
          .kernel = [row, t] { row(t); },
          .work = static_cast<double>(steps * t.pixels)};
}

}  // namespace windrow::test
