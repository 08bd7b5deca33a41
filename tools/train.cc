// windrow train: trains LeNet-5 on MNIST, or on digits that the program draws.
#include "windrow/train.h"

#include <fmt/format.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <optional>
#include <ostream>
#include <set>
#include <stdexcept>
#include <string>

#include "tools/cli.h"
#include "tools/mnist.h"
#include "tools/progress.h"
#include "tools/targets.h"

namespace windrow::tool {
namespace {

using Clock = std::chrono::steady_clock;

struct TrainOptions {
  std::string what, data, save = "lenet";
  int epochs = 5, steps = 0, verify = 0, seed = 1;
  int threads = tbb::this_task_arena::max_concurrency();
  bool resume = false;
};

constexpr int64_t kBatch = 64;

// The network and what trains it.
struct Training {
  uint64_t seed;
  train::Model model;
  train::SGD sgd;
  train::Trainer trainer;

  Training(const train::Dataset& data, int number)
      : seed(static_cast<uint64_t>(number)),
        model(LeNet5(), data.image, {.seed = seed}),
        sgd(model, {.lr = 0.05, .momentum = 0.9, .weight_decay = 1e-4}),
        trainer(model, sgd, data, {.batch_size = kBatch, .seed = seed, .lr = [&](int64_t step) {
                                     return train::StepLR(0.05, step, 2 * trainer.steps_per_epoch(),
                                                          0.2);
                                   }}) {}
};

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

// A line at the terminal that is written over, a few times a second.
class Status {
 public:
  explicit Status(std::ostream* terminal) : terminal_(terminal) {}
  ~Status() { Clear(); }
  Status(const Status&) = delete;
  Status& operator=(const Status&) = delete;

  template <typename F>
  void Show(const F& text) {
    if (terminal_ == nullptr || Clock::now() < next_) return;
    next_ = Clock::now() + std::chrono::milliseconds(200);
    const std::string line = text();
    *terminal_ << fmt::format("\r{:<{}}", line, width_);
    terminal_->flush();
    width_ = line.size();
  }
  void Clear() {
    if (width_ > 0) *terminal_ << fmt::format("\r{:{}}\r", "", width_);
    width_ = 0;
  }

 private:
  std::ostream* terminal_;
  Clock::time_point next_{};
  size_t width_ = 0;
};

double SecondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Steps until the end of the epoch, or of all, or until Ctrl-C; the mean loss.
struct Part {
  double loss = 0, seconds = 0;
  int64_t steps = 0;
};
Part RunEpoch(train::Trainer& trainer, int64_t last, const Interrupt& interrupt, Status& status) {
  Part part;
  const Clock::time_point start = Clock::now();
  const int64_t epoch = trainer.steps_per_epoch();
  const int64_t end = std::min((trainer.step() / epoch + 1) * epoch, last);
  while (trainer.step() < end && !interrupt.heard()) {
    part.loss += trainer.Step();
    ++part.steps;
    part.seconds = SecondsSince(start);
    status.Show([&] {
      const double per_second = static_cast<double>(part.steps) / part.seconds;
      const auto left =
          static_cast<int64_t>(static_cast<double>(last - trainer.step()) / per_second);
      constexpr int64_t kBar = 20;
      const int64_t done = kBar * (trainer.step() - (end - epoch)) / epoch;
      return fmt::format("epoch {} [{:#<{}}{:.<{}}] loss {:.4f}, {:.0f} images/s, {}:{:02} left",
                         (end - 1) / epoch + 1, "", done, "", kBar - done,
                         part.loss / static_cast<double>(part.steps), per_second * kBatch,
                         left / 60, left % 60);
    });
  }
  return part;
}

int Train(const TrainOptions& o, std::ostream& out, std::ostream& err) {
  const Mnist mnist = LoadMnist(o.data);
  const std::string checkpoint = o.save + ".checkpoint", weights = o.save + ".safetensors";
  Training t(mnist.train, o.seed);
  if (o.resume) t.trainer.Load(checkpoint);
  out << fmt::format("{}: {} to learn, {} to test; LeNet-5, {} thread{}, {}\n", mnist.name,
                     mnist.train.size(), mnist.test.size(), o.threads, o.threads == 1 ? "" : "s",
                     cpu::ActiveTarget());
  if (o.resume) out << fmt::format("going on from step {} of {}\n", t.trainer.step(), checkpoint);
  const int64_t epoch = t.trainer.steps_per_epoch();
  const int64_t last = o.steps > 0 ? o.steps : o.epochs * epoch;
  const Interrupt interrupt;
  Status status(Terminal(err));
  while (t.trainer.step() < last) {
    const Part part = RunEpoch(t.trainer, last, interrupt, status);
    t.trainer.Save(checkpoint);
    status.Clear();
    if (interrupt.heard()) {
      err << fmt::format("windrow: interrupted after step {}; --resume goes on from {}\n",
                         t.trainer.step(), checkpoint);
      return 1;
    }
    const train::Score score = train::Evaluate(t.model, mnist.test);
    out << fmt::format("epoch {}: loss {:.4f}, of the test {:.2f} % right, {:.0f} images/s\n",
                       (t.trainer.step() - 1) / epoch + 1,
                       part.loss / static_cast<double>(part.steps), 100 * score.accuracy(),
                       static_cast<double>(part.steps * kBatch) / part.seconds);
    out.flush();
  }
  train::SaveWeights(t.model, weights);
  out << fmt::format("{} after step {}, hash of all weights {:016x}\n", weights, t.trainer.step(),
                     t.model.Hash());
  return 0;
}

// The same steps with one and all threads on every usable target of the active one's class.
int Verify(const TrainOptions& o, std::ostream& out, std::ostream& err) {
  const Mnist mnist = LoadMnist(o.data);
  const std::string active = cpu::ActiveTarget();
  std::vector<cpu::TargetInfo> targets = ChooseTargets({});
  const bool fused = std::find_if(targets.begin(), targets.end(), [&](const auto& t) {
                       return t.name == active;
                     })->fused;
  std::erase_if(targets, [&](const auto& t) { return t.fused != fused; });
  Status status(Terminal(err));
  std::set<uint64_t> hashes;
  for (const cpu::TargetInfo& target : targets) {
    for (const int threads : std::set{1, o.threads}) {
      cpu::ForceTarget(target.name);
      Training t(mnist.train, o.seed);
      tbb::task_arena(threads).execute([&] {
        while (t.trainer.step() < o.verify) {
          t.trainer.Step();
          status.Show([&] {
            return fmt::format("{}, step {} of {}", target.name, t.trainer.step(), o.verify);
          });
        }
      });
      status.Clear();
      out << fmt::format("{:<9} {:>2} thread{}  {:016x}\n", target.name, threads,
                         threads == 1 ? " " : "s", t.model.Hash());
      out.flush();
      hashes.insert(t.model.Hash());
    }
  }
  cpu::ForceTarget(active);
  out << fmt::format("{}: {} steps of LeNet-5 give {}\n", hashes.size() == 1 ? "ok" : "FAILED",
                     o.verify, hashes.size() == 1 ? "the same bits" : "different bits");
  return hashes.size() == 1 ? 0 : 1;
}

}  // namespace

Command TrainCommand() {
  const auto o = std::make_shared<TrainOptions>();
  constexpr int kMost = 1'000'000'000;
  return {"train",
          "mnist [--data DIR] [OPTIONS]",
          "Train LeNet-5 to read digits, the same bits on every machine",
          {{"what", "mnist", &o->what, /*required=*/true, {"mnist"}},
           {"--data",
            "The folder of MNIST's files (scripts/get-mnist); without it the program draws digits",
            &o->data},
           {"--epochs", "How often all pictures are seen", Count{&o->epochs, kMost}},
           {"--steps", "Ends after so many batches of 64", Count{&o->steps, kMost}},
           {"--save", "NAME.checkpoint and NAME.safetensors are written", &o->save},
           {"--resume", "Go on from NAME.checkpoint", &o->resume},
           {"--seed", "Of weights and shuffles", Count{&o->seed, kMost}},
           {"--threads", "Threads; as many as there are if not said", Count{&o->threads, 1024}},
           {"--verify",
            "Only this many steps, with one and all threads, on every SIMD target of a class: are "
            "their bits the same?",
            Count{&o->verify, kMost}}},
          [o](std::ostream& out, std::ostream& err) {
            if (o->verify > 0) return Verify(*o, out, err);
            int code = 0;
            tbb::task_arena(o->threads).execute([&] { code = Train(*o, out, err); });
            return code;
          }};
}

}  // namespace windrow::tool
