// The self-test of pooling and of its gradients, which have one class of bits.
#include <algorithm>

#include "tools/pool_corpus.h"
#include "tools/selftest_case.h"
#include "windrow/windrow.h"

namespace windrow::tool {

using problems::PoolProblem;

namespace {

bool IsAccepting(const Explanation& e, const std::string& name) {
  return std::any_of(e.candidates.begin(), e.candidates.end(), [&](const auto& candidate) {
    return candidate.algorithm == name && candidate.accepts;
  });
}

// Whether no operation is invalid. Between the taps of a dilated window a small image may lie as a
// whole: an average of nothing, 0 / 0.
bool IsNeverInvalid(const PoolProblem& p) {
  return StaysFinite(p.values) && !(p.average() && p.dilation != Size2(1));
}

std::vector<int64_t> InOrder(const IndexView& indices) {
  const Shape& s = indices.shape();
  std::vector<int64_t> all;
  for (int64_t n = 0; n < s.n(); ++n) {
    for (int64_t c = 0; c < s.c(); ++c) {
      for (int64_t h = 0; h < s.h(); ++h) {
        for (int64_t w = 0; w < s.w(); ++w) all.push_back(indices.at(n, c, h, w));
      }
    }
  }
  return all;
}

Output Pooled(const PoolProblem& problem, const Tensor& x, const Way& way, CallRoom& room) {
  const problems::AnyPooling pooling = MakePooling(problem, way.target, way.algorithm);
  const Shape output = pooling.OutputShape(x.shape());
  PoolArgs args{.x = room.Take(CallRoom::kX, x, way.layout),
                .y = room.Take(CallRoom::kY, output, way.layout)};
  if (problem.indices()) args.indices = room.TakeIndices(output, way.layout);
  args.workspace = room.TakeWorkspace([&](int t) { return pooling.WorkspaceBytes(args, t); });
  room.Call(IsNeverInvalid(problem), [&] { pooling.Run(args); });
  Output result{Tensor(output)};
  Copy(args.y, result.y);
  if (problem.indices()) result.indices = InOrder(args.indices);
  return result;
}

class PoolingCase : public Case {
 public:
  explicit PoolingCase(const std::string& text) : parsed_(ParseValidPool(text)) {}

  bool Accepts(const Way& way, CallRoom& room) override {
    if (way.algorithm == "auto" || way.algorithm == "reference") return true;
    const PoolProblem& p = parsed_.problem;
    PoolArgs args{.x = room.Take(CallRoom::kX, p.input(), way.layout),
                  .y = room.Take(CallRoom::kY, p.output(), way.layout)};
    if (p.indices()) args.indices = room.TakeIndices(p.output(), way.layout);
    return IsAccepting(MakePooling(p, way.target, "auto").Explain(args), way.algorithm);
  }

  Output Compute(const Way& way, CallRoom& room) override {
    if (x_.shape() != parsed_.problem.input()) x_ = MakePoolData(parsed_);
    return Pooled(parsed_.problem, x_, way, room);
  }

 private:
  problems::ParsedPool parsed_;
  Tensor x_;
};

class PoolGradientCase : public Case {
 public:
  explicit PoolGradientCase(const std::string& text) : parsed_(ParseValidPool(text)) {}

  bool Accepts(const Way& way, CallRoom& room) override {
    if (way.algorithm == "auto" || way.algorithm == "reference") return true;
    MakeAll();
    const problems::AnyPooling any = MakePooling(parsed_.problem, way.target, "auto");
    return IsAccepting(any.Explain(Args(way.layout, room)), way.algorithm);
  }

  Output Compute(const Way& way, CallRoom& room) override {
    MakeAll();
    const PoolProblem& p = parsed_.problem;
    const problems::AnyPooling pooling = MakePooling(p, way.target, "auto", way.algorithm);
    PoolBackwardArgs args = Args(way.layout, room);
    args.workspace = room.TakeWorkspace([&](int t) { return pooling.WorkspaceBytes(args, t); });
    room.Call(IsNeverInvalid(p), [&] { pooling.Backward(args); });
    Output result{Tensor(p.input())};
    Copy(args.dx, result.y);
    return result;
  }

 private:
  PoolBackwardArgs Args(Layout layout, CallRoom& room) const {
    PoolBackwardArgs args{.dy = room.Take(CallRoom::kY, dy_, layout),
                          .dx = room.Take(CallRoom::kGradient, parsed_.problem.input(), layout)};
    if (parsed_.problem.average()) return args;
    const Shape& s = dy_.shape();
    const IndexView indices = room.TakeIndices(s, layout);
    auto next = indices_.begin();
    for (int64_t n = 0; n < s.n(); ++n) {
      for (int64_t c = 0; c < s.c(); ++c) {
        for (int64_t h = 0; h < s.h(); ++h) {
          for (int64_t w = 0; w < s.w(); ++w) indices.at(n, c, h, w) = *next++;
        }
      }
    }
    args.indices = indices;
    return args;
  }

  // dy, and the indices that the reference gives for the problem's input.
  void MakeAll() {
    const PoolProblem& p = parsed_.problem;
    if (dy_.shape() == p.output()) return;
    dy_ = Tensor(p.output());
    Random random(SeedOf("dy " + parsed_.text));
    Fill(ElementsOf(dy_), random, p.values);
    if (p.average()) return;
    CallRoom room(/*threads=*/1);
    const PoolProblem maxima = WithReduction(p, problems::Reduction::kMaxIndices);
    const Way reference{.target = "", .algorithm = "reference"};
    indices_ = Pooled(maxima, MakePoolData(parsed_), reference, room).indices;
  }

  problems::ParsedPool parsed_;
  Tensor dy_;
  std::vector<int64_t> indices_;
};

template <typename CaseOf>
class Poolings : public Subject {
 public:
  explicit Poolings(std::vector<std::string> algorithms) : algorithms_(std::move(algorithms)) {
    std::erase(algorithms_, "reference");
  }
  std::vector<std::string> Corpus(bool quick) const override {
    std::vector<std::string> texts;
    for (const problems::ParsedPool& parsed : PoolCorpus(quick)) texts.push_back(parsed.text);
    return texts;
  }
  std::string RandomProblem(Random& random) const override { return RandomPooling(random); }
  std::vector<std::string> Algorithms() const override { return algorithms_; }
  std::unique_ptr<Case> Make(const std::string& text) const override {
    return std::make_unique<CaseOf>(text);
  }
  std::vector<std::string> Simpler(const std::string& text) const override {
    return SimplerPoolings(text);
  }

 private:
  std::vector<std::string> algorithms_;
};

}  // namespace

const Subject& PoolingSubject() {
  static const Poolings<PoolingCase> subject(PoolAlgorithms());
  return subject;
}

const Subject& PoolGradientSubject() {
  static const Poolings<PoolGradientCase> subject(PoolBackwardAlgorithms());
  return subject;
}

}  // namespace windrow::tool
