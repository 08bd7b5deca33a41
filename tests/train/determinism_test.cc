// A training gives the same bits in either layout, on every SIMD target of a numerics class, with
// Numerics::kPortable on every target, and resumed from any step.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tests/conv/variants.h"
#include "tests/train/folder.h"
#include "tests/train/tensors.h"
#include "tests/train/training.h"
#include "windrow/cpu.h"
#include "windrow/train.h"

namespace windrow::test {
namespace {

// Ends the choice of a target with the test.
struct ForcedTarget {
  explicit ForcedTarget(const std::string& name) { cpu::ForceTarget(name); }
  ~ForcedTarget() { cpu::ForceTarget(""); }
};

TEST(TrainTargets, ThoseOfAClassGiveTheSameBits) {
  for (const Training& training : {Training{}, Training{.network = EveryLayer, .adam = true},
                                   Training{.network = ResNet, .side = 8}}) {
    std::optional<uint64_t> expected[2];
    for (const cpu::TargetInfo& target : UsableTargets()) {
      const ForcedTarget forced(target.name);
      const uint64_t hash = HashAfter(training, 4);
      std::optional<uint64_t>& of_class = expected[target.fused];
      EXPECT_EQ(hash, of_class.value_or(hash)) << target.name;
      of_class = hash;
    }
  }
}

TEST(TrainTargets, PortableNumericsGiveTheSameBitsOnAll) {
  for (const auto& network : {std::function(LeNet5), std::function(EveryLayer)}) {
    std::optional<uint64_t> expected;
    for (const cpu::TargetInfo& target : UsableTargets()) {
      const ForcedTarget forced(target.name);
      const uint64_t hash = HashAfter({.network = network, .numerics = Numerics::kPortable}, 3);
      EXPECT_EQ(hash, expected.value_or(hash)) << target.name;
      expected = hash;
    }
  }
}

// scripts/test-cpus runs this on an emulated CPU, so it is short.
TEST(TrainHash, TwoStepsGiveTheRecordedBits) {
  const train::Dataset data = Bars(32);
  for (const cpu::TargetInfo& target : UsableTargets()) {
    const ForcedTarget forced(target.name);
    train::Model model(LeNet5(), data.image, {.seed = 1});
    train::SGD sgd(model, {.lr = 0.05, .momentum = 0.9});
    train::Trainer trainer(model, sgd, data, {.batch_size = 16});
    trainer.Step();
    trainer.Step();
    const uint64_t recorded = target.fused ? 0x0E8C07549CC683AA : 0x4EC61CD84F14D10B;
    EXPECT_EQ(model.Hash(), recorded) << target.name;
  }
}

TEST(TrainLayouts, BothGiveTheSameBits) {
  for (const auto& network : {std::function(LeNet5), std::function(EveryLayer)}) {
    EXPECT_EQ(HashAfter({.network = network}, 4),
              HashAfter({.network = network, .layout = Layout::kNchw}, 4));
  }
}

class TrainResume : public FolderTest {};

TEST_F(TrainResume, FromAnyStepGivesTheSameBits) {
  for (const Training& training : {Training{}, Training{.network = EveryLayer, .adam = true},
                                   Training{.network = ResNet, .side = 8}}) {
    constexpr int64_t kSteps = 8;  // an epoch has three
    TrainingRun whole(training);
    std::vector<uint64_t> hashes{whole.Hash()};
    for (int64_t step = 0; step < kSteps; ++step) {
      whole.trainer().Save(Path(std::to_string(step)));
      hashes.push_back(whole.Steps(1));
    }
    for (int64_t step = 0; step < kSteps; ++step) {
      TrainingRun resumed(training);
      resumed.Steps(step % 2);  // what it has done before does not matter
      resumed.trainer().Load(Path(std::to_string(step)));
      EXPECT_EQ(resumed.trainer().step(), step);
      EXPECT_EQ(resumed.Hash(), hashes[static_cast<size_t>(step)]);
      EXPECT_EQ(resumed.Steps(kSteps - step), hashes[kSteps]) << "from step " << step;
    }
  }
}

TEST(Train, LearnsWhatIsThere) {
  train::Dataset data = Bars(400), others = Bars(600);
  others.pixels.erase(others.pixels.begin(), others.pixels.begin() + 400 * 784);
  others.labels.erase(others.labels.begin(), others.labels.begin() + 400);
  train::Model model(LeNet5(), data.image, {.seed = 2});
  train::SGD sgd(model, {.lr = 0.1, .momentum = 0.9});
  train::Trainer trainer(model, sgd, data, {.batch_size = 32});
  EXPECT_EQ(trainer.steps_per_epoch(), 13);
  const train::Score before = train::Evaluate(model, others, 64);
  EXPECT_NEAR(before.loss, 2.3, 0.1);
  for (int step = 0; step < 130; ++step) trainer.Step();
  const train::Score after = train::Evaluate(model, others, 64);
  EXPECT_EQ(after.count, 200);
  EXPECT_GT(after.accuracy(), 0.97);
  EXPECT_EQ(train::Evaluate(model, others, 7).correct, after.correct);
}

TEST(Train, ASmallResNetLearnsAndFolds) {
  const train::Dataset data = Bars(300, 12);
  train::Model model(ResNet(), data.image, {.seed = 3});
  train::SGD sgd(model, {.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4});
  train::Trainer trainer(model, sgd, data, {.batch_size = 50});
  EXPECT_NEAR(trainer.Step(), 2.3, 0.4);
  for (int step = 0; step < 59; ++step) trainer.Step();
  EXPECT_LT(trainer.score().loss, 0.3);
  EXPECT_EQ(trainer.score().count, 50);
  // Evaluation takes the running means; folded, these are in the convolutions.
  const train::Score score = train::Evaluate(model, data);
  EXPECT_GT(score.accuracy(), 0.95);
  const Tensor x = RandomTensor(model.InputShape(20), 1);
  const Numbers logits = FloatsOf(model.Forward(x));
  const size_t parameters = model.parameters().size();
  model.FoldBatchNorms();
  EXPECT_EQ(model.parameters().size(), parameters - 9 * 3);  // scale, mean, variance of each
  const Numbers folded = FloatsOf(model.Forward(x));
  float largest = 0;
  for (const float v : logits) largest = std::max(largest, std::abs(v));
  for (size_t i = 0; i < logits.size(); ++i) {
    EXPECT_NEAR(folded[i], logits[i], 1e-5 * largest) << i;
  }
  EXPECT_EQ(train::Evaluate(model, data).correct, score.correct);
}

}  // namespace
}  // namespace windrow::test
