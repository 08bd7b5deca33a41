#include "tests/fuzz/fuzz_loop.h"

#include <oneapi/tbb/task_arena.h>

#include <chrono>
#include <exception>
#include <sstream>
#include <stdexcept>
#include <variant>
#include <vector>

#include "lib/base/parallel.h"
#include "lib/conv/registry.h"
#include "tests/conv/gradient_harness.h"
#include "tests/conv/harness.h"
#include "tests/conv/problem.h"
#include "tests/conv/sweeps.h"
#include "tests/conv/variants.h"
#include "tests/fused/pairs.h"
#include "tests/pool/extremes.h"
#include "tests/pool/gradient_harness.h"
#include "tests/pool/harness.h"
#include "tests/pool/problem.h"
#include "tests/pool/sweeps.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"

namespace windrow::test {
namespace {

// A convolution's gradient by its input, or by weights and bias.
struct GradientProblem {
  Problem problem;
  bool by_weights;
};
std::string ToString(const GradientProblem& p) {
  return (p.by_weights ? "by weights " : "by data ") + ToString(p.problem);
}

// A pooling's, which has one.
struct PoolGradientProblem {
  PoolProblem problem;
};
std::string ToString(const PoolGradientProblem& p) { return "by data " + ToString(p.problem); }

// What one number of one seed stands for.
struct Draw {
  std::variant<Problem, PoolProblem, GradientProblem, PoolGradientProblem, PairProblem> problem;
  std::string target, algorithm;
  int threads = 1;
  bool workspace = false;  // the caller's

  bool pool() const { return std::holds_alternative<PoolProblem>(problem); }
  std::string ToString() const {
    std::ostringstream s;
    s << target << ' ' << algorithm << ' '
      << std::visit(
             [](const auto& p) {
               using test::ToString;
               return ToString(p);
             },
             problem)
      << ", " << threads << (threads == 1 ? " thread" : " threads")
      << (workspace ? ", the caller's workspace" : "");
    return s.str();
  }
  // Whether it is worth a second thread.
  bool large() const {
    if (const auto* p = std::get_if<Problem>(&problem)) {
      return p->multiply_adds() >= internal::kMinParallelWork;
    }
    if (const auto* g = std::get_if<GradientProblem>(&problem)) {
      return g->problem.multiply_adds() >= internal::kMinParallelWork;
    }
    if (const auto* pair = std::get_if<PairProblem>(&problem)) {
      return pair->multiply_adds() >= internal::kMinParallelWork;
    }
    const auto* const g = std::get_if<PoolGradientProblem>(&problem);
    const PoolProblem& pool = g != nullptr ? g->problem : std::get<PoolProblem>(problem);
    return pool.input().elements() >= kManyPooled;
  }

 private:
  static constexpr int64_t kManyPooled = 100'000;
};

// Half are small, so that there can be many; others are worth several threads, and some are cut
// into blocks that fit the caches.
int64_t MaxWork(Generator& random) {
  if (random.OneIn(12)) return 40'000'000;
  return random.OneIn(2) ? 6'000'000 : 80'000;
}

Problem RandomConv(Generator& random, int64_t max, bool extreme) {
  const auto layout = [&random] { return static_cast<Layout>(random.Between(0, 1)); };
  Problem p = (extreme ? ExtremeProblems : RandomProblems)(random.Next(), 1, max).front();
  p.x_layout = layout();
  p.y_layout = layout();
  p.residual_layout = layout();
  p.numerics = random.OneIn(3) ? Numerics::kPortable : Numerics::kNative;
  return p;
}

// A padded image, where padding copies pixels, is as large as that; none is far beyond the data.
bool FitsMemory(const Problem& p) {
  const Sides high = p.vertical().pad, wide = p.horizontal().pad;
  const double height = static_cast<double>(p.ih + high.before + high.after);
  const double width = static_cast<double>(p.iw + wide.before + wide.after);
  return p.mode == PaddingMode::kZeros || height * width < 1e6;
}

GradientProblem RandomGradient(Generator& random, int64_t max, bool extreme) {
  constexpr int64_t kMax = 1'000'000;  // the scalar formula is slow
  GradientProblem g{RandomConv(random, std::min(max, kMax), extreme), random.OneIn(2)};
  while (!FitsMemory(g.problem)) g.problem = RandomConv(random, max, extreme);
  return g;
}

PoolProblem RandomPool(Generator& random, int64_t max, bool extreme) {
  constexpr int64_t kTapCosts = 8;  // as many multiply-adds
  return extreme ? ExtremePoolProblem(random)
                 : RandomPoolProblems(random.Next(), 1, max / kTapCosts).front();
}

PoolGradientProblem RandomPoolGradient(Generator& random, int64_t max, bool extreme) {
  const PoolProblem p = RandomPool(random, max, extreme);
  return {p.average() ? p : WithReduction(p, Reduction::kMaxIndices)};
}

Draw RandomDraw(Generator& random, FuzzOp op, bool extreme) {
  const std::vector<std::string> targets = UsableNames();
  Draw d;
  const int64_t max = MaxWork(random);
  if (op == FuzzOp::kPool) {
    d.problem = RandomPool(random, max, extreme);
  } else if (op == FuzzOp::kGradient && random.OneIn(3)) {
    d.problem = RandomPoolGradient(random, max, extreme);
  } else if (op == FuzzOp::kGradient) {
    d.problem = RandomGradient(random, max, extreme);
  } else if (op == FuzzOp::kFused) {
    d.problem = RandomPair(random, max);
  } else {
    d.problem = RandomConv(random, max, extreme);
  }
  d.target = targets[static_cast<size_t>(random.Between(0, std::ssize(targets) - 1))];
  d.threads = static_cast<int>(random.Between(1, kMaxThreads));
  d.workspace = random.OneIn(4) && op != FuzzOp::kGradient;  // tests of their own
  return d;
}

std::string RandomAlgorithm(Generator& random, const Draw& d) {
  const auto* const gradient = std::get_if<GradientProblem>(&d.problem);
  const bool pool_gradient = std::holds_alternative<PoolGradientProblem>(d.problem);
  const bool pair = std::holds_alternative<PairProblem>(d.problem);
  std::vector<std::string> names = d.pool()        ? PoolAlgorithms()
                                   : pair          ? FusedAlgorithms()
                                   : pool_gradient ? PoolBackwardAlgorithms()
                                   : gradient != nullptr && gradient->by_weights
                                       ? BackwardWeightsAlgorithms()
                                       : internal::ConvRegistry().PlanNames();
  names.emplace_back("auto");
  // The reference in one layout against itself in another finds the least.
  if (!random.OneIn(4)) std::erase(names, "reference");
  return names[static_cast<size_t>(random.Between(0, std::ssize(names) - 1))];
}

BitResult CheckOne(const Problem& p, const Draw& d, Scratch scratch) {
  return CheckBits(p, d.target, d.algorithm, scratch, d.threads);
}

BitResult CheckOne(const PoolProblem& p, const Draw& d, Scratch scratch) {
  return CheckPoolBits(p, d.target, d.algorithm, scratch, d.threads);
}

BitResult CheckOne(const GradientProblem& p, const Draw& d, Scratch) {
  return (p.by_weights ? CheckWeightsBits : CheckDataBits)(p.problem, d.target, d.algorithm);
}

BitResult CheckOne(const PoolGradientProblem& p, const Draw& d, Scratch) {
  return CheckPoolGradient(p.problem, d.target, d.algorithm, Scratch::kObjects, d.threads);
}

BitResult CheckOne(const PairProblem& p, const Draw& d, Scratch scratch) {
  return CheckFusedBits(p, d.target, d.algorithm, scratch, d.threads);
}

BitResult Check(const Draw& d) try {
  const Scratch scratch = d.workspace ? Scratch::kCallers : Scratch::kObjects;
  BitResult result;
  tbb::task_arena(d.threads).execute([&] {
    result = std::visit([&](const auto& p) { return CheckOne(p, d, scratch); }, d.problem);
  });
  return result;
} catch (const std::exception& e) {
  if (IsRefusal(e, d.algorithm)) return {.refused = true, .failure = {}};
  return {.refused = false, .failure = e.what()};
}

std::string HowToRepeat(const FuzzOptions& options, int64_t number) {
  constexpr const char* kOps[] = {"", " --op conv", " --op pool", " --op gradient", " --op fused"};
  return "repeat with --seed " + std::to_string(options.seed) + " --skip " +
         std::to_string(number) + " --count 1" + kOps[static_cast<int>(options.op)] +
         (options.extreme ? " --extreme" : "");
}

}  // namespace

FuzzResult Fuzz(const FuzzOptions& options, std::ostream& log) {
  const AllowThreads limit;
  const auto start = std::chrono::steady_clock::now();
  constexpr const char* kNames[] = {"", "conv ", "pool ", "gradient ", "fused "};
  FuzzResult result;
  while (options.count == 0 || result.problems < options.count) {
    const int64_t number = options.skip + result.problems;
    Generator random(Mix(options.seed) + static_cast<uint64_t>(number));
    const FuzzOp op = options.op != FuzzOp::kBoth ? options.op
                      : number % 2 == 1           ? FuzzOp::kPool
                                                  : FuzzOp::kConv;
    Draw d = RandomDraw(random, op, options.extreme);
    BitResult bits;
    std::string what;
    do {
      d.algorithm = RandomAlgorithm(random, d);
      what = d.ToString() + "\n  " + HowToRepeat(options, number) + "\n";
      options.before(what);
      bits = Check(d);
      result.refused += bits.refused;
    } while (bits.refused);
    ++result.problems;
    ++result.runs[{d.target, kNames[static_cast<size_t>(op)] + d.algorithm}];
    result.with_workspace += d.workspace;
    result.threaded += d.threads > 1 && d.large();
    if (!bits.failure.empty()) {
      ++result.different;
      log << "DIFFERS: " << what << "  " << bits.failure << std::endl;
      if (!options.keep_going) break;
    }
    if (result.problems % 10'000 == 0) {
      const auto now = std::chrono::steady_clock::now();
      log << result.problems << " problems, " << result.different << " differ, "
          << std::chrono::duration_cast<std::chrono::seconds>(now - start).count() << " s"
          << std::endl;
    }
  }
  return result;
}

std::ostream& operator<<(std::ostream& out, const FuzzResult& r) {
  out << r.problems << " problems, " << r.different << " differ; " << r.threaded
      << " shared by threads, " << r.with_workspace << " with the caller's workspace, " << r.refused
      << " refusals\n";
  for (const auto& [what, count] : r.runs) {
    out << "  " << what.first << ' ' << what.second << ' ' << count << '\n';
  }
  return out;
}

}  // namespace windrow::test
