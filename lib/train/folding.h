// Batch norms are taken into the convolutions before them, for inference: what the layers of that
// are besides.
#ifndef WINDROW_LIB_TRAIN_FOLDING_H_
#define WINDROW_LIB_TRAIN_FOLDING_H_

#include <vector>

namespace windrow::internal {

// In inference y = scale[c] * x + shift[c].
struct ChannelScaling {
  std::vector<float> scale, shift;
};

class GivesScaling {
 public:
  virtual ~GivesScaling() = default;
  virtual ChannelScaling Scaling() const = 0;
};

class TakesScaling {
 public:
  virtual ~TakesScaling() = default;
  // From now on the outputs are scaled so.
  virtual void Take(const ChannelScaling& s) = 0;
};

// A layer made of others.
class Folds {
 public:
  virtual ~Folds() = default;
  virtual void Fold() = 0;
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_TRAIN_FOLDING_H_
