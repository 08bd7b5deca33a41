// How the output of a pair of layers is cut into bands whose middle stays in the L2 cache.
#ifndef WINDROW_LIB_FUSED_BAND_CUT_H_
#define WINDROW_LIB_FUSED_BAND_CUT_H_

#include <cstdint>
#include <variant>

#include "lib/base/math.h"
#include "lib/conv/axis.h"
#include "lib/fused/problem.h"
#include "lib/pool/window_axis.h"

namespace windrow::internal {

// Rows [row, row + rows) of the output of some images: all rows if there is more than one.
struct Band {
  int64_t n, images, row, rows;
};

// What a band's rows see, from the first of these rows of x and of the middle on.
struct BandView {
  Axis first;  // whose outputs are the band's middle
  std::variant<Axis, WindowAxis> second;
  int64_t x_row, middle_row;

  BandView(const FusedShape& shape, const Band& band);
};

// The bands of a call. However many they are, there are at most four kinds, each of bands that are
// all alike: either whole images, two numbers of them; or rows of an image, of which the first and
// the last may see padding, and those between come in two numbers of rows.
struct BandCut {
  static constexpr int kKinds = 4;

  // One image in each part if there are several parts of rows.
  EvenSplit images{1, 1}, rows{1, 1};
  bool together = false;  // all threads share each band, else each has its own

  int64_t count() const { return images.parts * rows.parts; }
  Band At(int64_t index) const;
  int KindOf(int64_t index) const;
  // Of a kind: how many, and the first.
  struct Alike {
    int64_t count, first;
  };
  Alike OfKind(int kind) const;
};

// Each thread's own bands: as many images, or rows of one, as fit half the L2 cache with what they
// see; no fewer rows than see padding, and one; and enough bands for all threads. Never less than
// an image where padding copies any row of the middle.
BandCut CutBands(const FusedShape& shape);

// Bands that all threads share: as many images as fit half of their L2 caches, or one.
BandCut CutTogether(const FusedShape& shape);

// What so many rows of outputs of one image see, the middle and the rows themselves.
int64_t BandFloats(const FusedShape& shape, int64_t rows);

// The part of the L2 cache that a band may take, in floats.
inline int64_t BandBudget(const FusedShape& shape) {
  return shape.pair->machine->l2 / 2 / static_cast<int64_t>(sizeof(float));
}

}  // namespace windrow::internal

#endif  // WINDROW_LIB_FUSED_BAND_CUT_H_
