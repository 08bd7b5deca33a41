#include "tools/train_run.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <ostream>
#include <vector>

#include "tools/file.h"
#include "tools/mnist.h"
#include "tools/progress.h"
#include "tools/train_curve.h"
#include "tools/train_pictures.h"
#include "windrow/cpu.h"

namespace windrow::tool {
namespace {

constexpr int64_t kBatch = 64;

// Ctrl-C is heard while this lives: once; a second one does what it did before, ends the program.
class Interrupt {
 public:
  Interrupt() {
    heard_ = 0;
    before_ = std::signal(SIGINT, Hear);
  }
  ~Interrupt() { std::signal(SIGINT, before_); }
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;
  bool heard() const { return heard_ != 0; }

 private:
  static void Hear(int) {
    heard_ = 1;
    std::signal(SIGINT, before_);
  }
  static inline volatile std::sig_atomic_t heard_ = 0;
  static inline void (*before_)(int) = SIG_DFL;
};

using Clock = std::chrono::steady_clock;

// What steps have given so far.
struct Part {
  double loss = 0, seconds = 0;  // the sum of the batches' means
  int64_t correct = 0, count = 0, steps = 0;

  double mean_loss() const { return loss / static_cast<double>(steps); }
  double percent() const { return 100 * static_cast<double>(correct) / static_cast<double>(count); }
  double per_second() const { return static_cast<double>(count) / seconds; }
};

std::string Bar(const Part& part, int64_t step, int64_t epoch, int64_t last) {
  constexpr int64_t kBar = 20;
  const int64_t number = (step - 1) / epoch, done = kBar * (step - number * epoch) / epoch;
  const auto left = static_cast<int64_t>(static_cast<double>(last - step) * part.seconds /
                                         static_cast<double>(part.steps));
  return fmt::format(
      "epoch {} [{:#<{}}{:.<{}}] loss {:.4f}, {:.2f} % right, {:.0f} images/s, {}:{:02} left",
      number + 1, "", done, "", kBar - done, part.mean_loss(), part.percent(), part.per_second(),
      left / 60, left % 60);
}

// Steps until the end of the epoch, or of all, or until Ctrl-C.
Part RunEpoch(train::Trainer& trainer, int64_t last, const Interrupt& interrupt, Curve& curve,
              StatusLine& status) {
  Part part;
  const Clock::time_point start = Clock::now();
  const int64_t epoch = trainer.steps_per_epoch();
  const int64_t end = std::min((trainer.step() / epoch + 1) * epoch, last);
  while (trainer.step() < end && !interrupt.heard()) {
    part.loss += trainer.Step();
    const train::Score& batch = trainer.score();
    curve.AddStep(batch);
    part.correct += batch.correct;
    part.count += batch.count;
    ++part.steps;
    part.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    status.Show([&] { return Bar(part, trainer.step(), epoch, last); });
  }
  return part;
}

void WritePictures(Training& t, const Tensor& kernels, const Curve& curve, const Mnist& mnist,
                   const std::string& name, std::ostream& out) {
  const std::vector<Misread> misread = FindMisread(t.model, mnist.test);
  WriteFile(name + "-curve.png", EncodePng(CurvePicture(curve)));
  WriteFile(name + "-kernels.png",
            EncodePng(KernelsPicture(kernels, t.model.parameters()[0]->value)));
  WriteFile(name + "-misread.png", EncodePng(MisreadPicture(mnist.test, misread)));
  out << fmt::format("{0}-curve.png, {0}-kernels.png, {0}-misread.png ({1} of {2})\n", name,
                     misread.size(), mnist.test.size());
}

}  // namespace

std::string TitleOf(const std::string& network) {
  return network == "resnet" ? "a small ResNet" : "LeNet-5";
}

Training::Training(const train::Dataset& data, const TrainOptions& o)
    : seed(static_cast<uint64_t>(o.seed)),
      model(Network(o.network), data.image, {.seed = seed}),
      sgd(model, {.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4}),
      trainer(model, sgd, data, {.batch_size = kBatch, .seed = seed, .lr = [&](int64_t step) {
                                   return train::StepLR(0.05, step, 2 * trainer.steps_per_epoch(),
                                                        0.2);
                                 }}) {}

int RunTraining(const TrainOptions& o, std::ostream& out, std::ostream& err) {
  const Mnist mnist = LoadMnist(o.data);
  const std::string name = o.save.empty() ? o.network : o.save;
  const std::string checkpoint = name + ".checkpoint", weights = name + ".safetensors";
  Training t(mnist.train, o);
  const Tensor kernels = t.model.parameters()[0]->value;
  const int64_t epoch = t.trainer.steps_per_epoch();
  Curve curve(epoch);
  if (o.resume) {
    t.trainer.Load(checkpoint);
    curve.FromJson(ReadFile(name + ".json"), name + ".json", t.trainer.step());
  }
  out << fmt::format("{}: {} to learn, {} to test; {}, {} thread{}, {}\n", mnist.name,
                     mnist.train.size(), mnist.test.size(), TitleOf(o.network), o.threads,
                     o.threads == 1 ? "" : "s", cpu::ActiveTarget());
  if (o.resume) out << fmt::format("going on from step {} of {}\n", t.trainer.step(), checkpoint);
  out.flush();
  const int64_t last = o.steps > 0 ? o.steps : o.epochs * epoch;
  const Interrupt interrupt;
  StatusLine status(Terminal(err));
  const auto save = [&] {
    t.trainer.Save(checkpoint);
    WriteFile(name + ".json", curve.ToJson());
    status.Clear();
  };
  while (t.trainer.step() < last) {
    const Part part = RunEpoch(t.trainer, last, interrupt, curve, status);
    if (interrupt.heard()) {
      save();
      err << fmt::format("windrow: interrupted after step {}; --resume goes on from {}\n",
                         t.trainer.step(), checkpoint);
      return 1;
    }
    const train::Score score = train::Evaluate(t.model, mnist.test);
    curve.AddTest(score);
    save();
    out << fmt::format(
        "epoch {}: loss {:.4f}, {:.2f} % right, of the test {:.2f} %, {:.0f} images/s\n",
        (t.trainer.step() - 1) / epoch + 1, part.mean_loss(), part.percent(),
        100 * score.accuracy(), part.per_second());
    out.flush();
  }
  train::SaveWeights(t.model, weights);
  WritePictures(t, kernels, curve, mnist, name, out);
  out << fmt::format("{} after step {}, hash of all weights {:016x}\n", weights, t.trainer.step(),
                     t.model.Hash());
  return 0;
}

}  // namespace windrow::tool
