// How loss and accuracy went in a training, kept in a file so that a resumed run draws the curve of
// one that was never interrupted.
#ifndef WINDROW_TOOLS_TRAIN_CURVE_H_
#define WINDROW_TOOLS_TRAIN_CURVE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "windrow/train.h"

namespace windrow::tool {

struct CurvePoint {
  int64_t step = 0;  // after so many
  double loss = 0, accuracy = 0;
};

class Curve {
 public:
  // A point of the training is the mean of a tenth of an epoch.
  explicit Curve(int64_t steps_per_epoch);

  void AddStep(const train::Score& batch);
  void AddTest(const train::Score& test);
  int64_t step() const { return step_; }
  int64_t steps_per_epoch() const { return epoch_; }
  const std::vector<CurvePoint>& train() const { return train_; }
  const std::vector<CurvePoint>& test() const { return test_; }

  std::string ToJson() const;
  // The curve up to a step. What that file knows of later ones, and if it is of an earlier one its
  // unfinished point, is dropped. Throws std::runtime_error, beginning with the name, if it is
  // none.
  void FromJson(std::string_view json, const std::string& name, int64_t step);

 private:
  int64_t epoch_, every_;
  int64_t step_ = 0;
  std::vector<CurvePoint> train_, test_;
  double loss_ = 0;  // the sum over what has no point yet
  int64_t correct_ = 0, count_ = 0;
};

}  // namespace windrow::tool

#endif  // WINDROW_TOOLS_TRAIN_CURVE_H_
