// windrow train: trains LeNet-5 or a small ResNet on MNIST, or on digits that the program draws.
#include <fmt/format.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "tools/cli.h"
#include "tools/mnist.h"
#include "tools/progress.h"
#include "tools/targets.h"
#include "tools/train_run.h"

namespace windrow::tool {
namespace {

// The same steps with one and all threads on every usable target of the active one's class.
int Verify(const TrainOptions& o, std::ostream& out, std::ostream& err) {
  const Mnist mnist = LoadMnist(o.data);
  const std::string active = cpu::ActiveTarget();
  std::vector<cpu::TargetInfo> targets = ChooseTargets({});
  const bool fused = std::find_if(targets.begin(), targets.end(), [&](const auto& t) {
                       return t.name == active;
                     })->fused;
  std::erase_if(targets, [&](const auto& t) { return t.fused != fused; });
  StatusLine status(Terminal(err));
  std::set<uint64_t> hashes;
  for (const cpu::TargetInfo& target : targets) {
    for (const int threads : std::set{1, o.threads}) {
      cpu::ForceTarget(target.name);
      Training t(mnist.train, o);
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
  out << fmt::format("{}: {} steps of {} give {}\n", hashes.size() == 1 ? "ok" : "FAILED", o.verify,
                     TitleOf(o.network), hashes.size() == 1 ? "the same bits" : "different bits");
  return hashes.size() == 1 ? 0 : 1;
}

}  // namespace

Command TrainCommand() {
  const auto o = std::make_shared<TrainOptions>();
  o->threads = tbb::this_task_arena::max_concurrency();
  constexpr int kMaxCount = 1'000'000'000;
  return {"train",
          "mnist [--data DIR] [OPTIONS]",
          "Train LeNet-5 or a small ResNet to read digits, the same bits on every machine",
          {{"what", "mnist", &o->what, /*required=*/true, {"mnist"}},
           {"--data",
            "The folder of MNIST's files (scripts/get-mnist); without it the program draws digits",
            &o->data},
           {"--network", "What to train", &o->network, false, kNetworks},
           {"--epochs", "How often all pictures are seen", Count{&o->epochs, kMaxCount}},
           {"--steps", "Ends after so many batches of 64", Count{&o->steps, kMaxCount}},
           {"--save",
            "NAME.checkpoint, NAME.json, NAME.safetensors and pictures are written; the network's "
            "name if not said",
            &o->save},
           {"--resume", "Go on from NAME.checkpoint and NAME.json", &o->resume},
           {"--seed", "Of weights and shuffles", Count{&o->seed, kMaxCount}},
           {"--threads", "Threads; as many as there are if not said", Count{&o->threads, 1024}},
           {"--verify",
            "Only this many steps, with one and all threads, on every SIMD target of a class: are "
            "their bits the same?",
            Count{&o->verify, kMaxCount}}},
          [o](std::ostream& out, std::ostream& err) {
            if (o->verify > 0) return Verify(*o, out, err);
            int code = 0;
            tbb::task_arena(o->threads).execute([&] { code = RunTraining(*o, out, err); });
            return code;
          }};
}

}  // namespace windrow::tool
