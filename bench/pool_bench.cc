// Pooling against the peers and the machine's limit, which is that of its memory.
#include "bench/pool_bench.h"

#include <memory>
#include <string>

#include "bench/contest.h"

namespace windrow::bench {
namespace {

struct PoolData {
  PoolData(const Pool& pool, Layout layout)
      : x_nchw(pool.problem.input()),
        x(pool.problem.input(), layout),
        y(pool.problem.output(), layout) {
    FillRandom({x_nchw.data(), static_cast<size_t>(x.shape().elements())}, 1, 1);
    Copy(x_nchw, x);
  }
  Tensor x_nchw, x, y;
};

void Measure(const Pool& pool, Layout layout, const std::vector<Peer>& peers, const Flags& flags,
             benchmark::State& state) {
  PoolData data(pool, layout);
  const problems::AnyPooling pooling = MakePooling(pool.problem, flags.target, flags.algorithm);
  const PoolArgs args{.x = data.x, .y = data.y};
  Contest contest(pool.ToWork(/*indices=*/false), pooling.target(), flags,
                  [&] { pooling.Run(args); });
  Tensor result(data.y.shape());
  Copy(data.y, result);
  contest.AddPeers(peers, layout, result,
                   [&](const PeerFormat& format) -> std::unique_ptr<PeerOperation> {
                     if (!format.make_pooling) return nullptr;
                     return format.make_pooling(pool, data.x_nchw);
                   });
  contest.Measure();
  contest.Report(state, pooling.Explain(args));
}

// Of Windrow alone; what the indices cost is seen in the same rounds.
void MeasureIndices(const Pool& pool, Layout layout, const Flags& flags, benchmark::State& state) {
  PoolData data(pool, layout);
  const problems::AnyPooling pooling = MakePooling(pool.problem, flags.target, flags.algorithm);
  IndexTensor indices(data.y.shape(), layout);
  const PoolArgs args{.x = data.x, .y = data.y, .indices = indices};
  Contest contest(pool.ToWork(/*indices=*/true), pooling.target(), flags,
                  [&] { pooling.Run(args); });
  const size_t without = contest.Add([&] { pooling.Run(data.x, data.y); });
  contest.Measure();
  contest.Report(state, pooling.Explain(args));
  state.counters["times_without_indices"] = contest.TimesLongerThan(without);
}

// Of its gradient; a maximum's indices are there already.
void MeasureBackward(const Pool& pool, Layout layout, const std::vector<Peer>& peers,
                     const Flags& flags, benchmark::State& state) {
  PoolData data(pool, layout);
  const problems::AnyPooling pooling = MakePooling(pool.problem, flags.target, flags.algorithm);
  IndexTensor indices(data.y.shape(), layout);
  PoolBackwardArgs args{.dy = data.y, .dx = data.x};
  if (!pool.problem.average()) {
    pooling.Run({.x = data.x, .y = data.y, .indices = indices});
    args.indices = indices;
  }
  Tensor dy_nchw(data.y.shape());
  FillRandom({dy_nchw.data(), static_cast<size_t>(dy_nchw.shape().elements())}, 1, 2);
  Copy(dy_nchw, data.y);
  Contest contest(pool.ToBackwardWork(), pooling.target(), flags, [&] { pooling.Backward(args); });
  Tensor result(data.x.shape());
  Copy(data.x, result);
  contest.AddPeers(peers, layout, result,
                   [&](const PeerFormat& format) -> std::unique_ptr<PeerOperation> {
                     if (!format.make_pooling_gradient) return nullptr;
                     return format.make_pooling_gradient(pool, data.x_nchw, dy_nchw);
                   });
  contest.Measure();
  contest.Report(state, pooling.Explain(args));
}

}  // namespace

void RegisterPoolings(const std::vector<Pool>& pools, const std::vector<Peer>& peers,
                      const Flags& flags) {
  for (const Pool& pool : pools) {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      const std::string name = "/" + pool.name + "/" + ToString(layout);
      RegisterContest(std::string(pool.ModeName()) + "_pool" + name,
                      [=](benchmark::State& state) { Measure(pool, layout, peers, flags, state); });
      RegisterContest(
          std::string(pool.ModeName()) + "_pool_backward" + name,
          [=](benchmark::State& state) { MeasureBackward(pool, layout, peers, flags, state); });
      if (pool.problem.average()) continue;
      RegisterContest("max_pool_indices" + name,
                      [=](benchmark::State& state) { MeasureIndices(pool, layout, flags, state); });
    }
  }
}

}  // namespace windrow::bench
