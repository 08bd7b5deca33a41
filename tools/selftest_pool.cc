// The self-test of pooling: one class of bits, which every target must have.
#include "tools/pool_corpus.h"
#include "tools/selftest_run.h"
#include "windrow/windrow.h"

namespace windrow::tool {

using problems::PoolProblem;

namespace {

// Tensors in a layout, to be written.
struct Buffers {
  Buffers(const PoolProblem& problem, const Tensor& x_nchw, const Shape& output, Layout layout)
      : x(x_nchw.shape(), layout), y(output, layout) {
    Copy(x_nchw, x);
    if (problem.indices()) memory.resize(static_cast<size_t>(output.elements()), kPoisonIndex);
    Poison(y);
  }

  PoolArgs Args() {
    PoolArgs args{.x = x, .y = y};
    if (!memory.empty()) args.indices = IndexView(memory.data(), y.shape(), y.layout());
    return args;
  }

  Tensor x, y;
  std::vector<int64_t> memory;
};

Output Compute(const Pooling& pooling, const PoolProblem& problem, const Tensor& x, Layout layout) {
  const Shape s = pooling.OutputShape(x.shape());
  Buffers buffers(problem, x, s, layout);
  const PoolArgs args = buffers.Args();
  pooling.Run(args);
  Output output{Tensor(s), {}};
  Copy(buffers.y, output.y);
  if (args.indices.empty()) return output;
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) output.indices.push_back(args.indices.at(n, c, h, w));
      }
    }
  }
  return output;
}

// Those that do not refuse.
std::vector<std::string> Accepting(const PoolProblem& problem, const std::string& target,
                                   const Tensor& x, Layout layout) {
  const problems::AnyPooling any = MakePooling(problem, target, "auto");
  Buffers buffers(problem, x, any.OutputShape(x.shape()), layout);
  std::vector<std::string> names;
  for (const auto& candidate : any.Explain(buffers.Args()).candidates) {
    if (candidate.accepts) names.push_back(candidate.algorithm);
  }
  return names;
}

}  // namespace

PoolCase::PoolCase(const problems::ParsedPool& p)
    : parsed(p),
      x(MakePoolData(p)),
      expected(Compute(MakePooling(p.problem, /*target=*/"", "reference"), p.problem, x,
                       Layout::kNchw)) {}

void Run(const PoolCase& pool, Tally& tally) {
  const PoolProblem& p = pool.parsed.problem;
  tally.Run(
      pool.parsed.text, pool.expected,
      [&](Layout layout) { return Accepting(p, tally.target(), pool.x, layout); },
      [&](Layout layout, const std::string& algorithm) {
        return Compute(MakePooling(p, tally.target(), algorithm), p, pool.x, layout);
      });
}

void TestPoolings(const std::vector<cpu::TargetInfo>& targets, SelftestReport& report,
                  const Step& step) {
  ClassResult& result = report.classes[static_cast<size_t>(BitsClass::kPooling)];
  std::vector<Tally> tallies;
  for (const cpu::TargetInfo& t : targets) {
    tallies.emplace_back(t.name, BitsClass::kPooling, /*portable=*/false);
  }
  Digest digest;
  for (const problems::ParsedPool& parsed : PoolCorpus(report.quick)) {
    result.problems.push_back(parsed.text);
    const PoolCase pool(parsed);
    Add(pool.expected, digest);
    for (Tally& tally : tallies) Run(pool, tally);
    if (step) step();
  }
  result.digest = digest.Finish();
  for (Tally& tally : tallies) report.targets.push_back(tally.Finish());
}

}  // namespace windrow::tool
