// Whichever allocation of a call fails: the call throws std::bad_alloc, nothing leaks, what it
// would have written stays as it was, and the object then gives the right bits.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/pool/problem.h"
#include "tests/support/allocation_count.h"
#include "tests/support/placed.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

// Calls call(object) with the 1st, 2nd, ... allocation failing, and all later ones too or not, each
// on a new object, until the call has no such one; and check(object, whether it failed) after it.
// Returns the number of allocations. The call may throw std::invalid_argument.
template <typename Make, typename Call, typename Check>
int64_t FailEach(const std::string& what, const Make& make, const Call& call, const Check& check) {
  SCOPED_TRACE(what);
  {
    auto object = make();  // whatever stays allocated from the first such call on
    try {
      call(object);
    } catch (const std::invalid_argument&) {
    }
  }
  int64_t allocations = 0;
  for (const int64_t count : {int64_t{1}, int64_t{1} << 40}) {
    for (int64_t n = 1, failures = 1; failures > 0; ++n) {
      const int64_t live = LiveAllocations();
      {
        auto object = make();
        bool failed = false;
        FailAllocations(n, count);
        try {
          call(object);
        } catch (const std::bad_alloc&) {
          failed = true;
        } catch (const std::invalid_argument&) {
        }
        failures = StopFailing();
        EXPECT_EQ(failed, failures > 0) << "allocation " << n;
        check(object, failed);
        allocations = n - 1;
      }
      EXPECT_EQ(LiveAllocations(), live) << "allocation " << n;
    }
  }
  return allocations;
}

// Of a call without an object.
int64_t FailEach(const std::string& what, const std::function<void()>& call) {
  return FailEach(
      what, [] { return 0; }, [&](int) { call(); }, [](int, bool) {});
}

Tensor Filled(const Shape& shape, Layout layout) {
  Tensor t(shape, layout);
  Fill(t.view(), Role::kInput, Values::kPlain);
  return t;
}

class OutOfMemory : public testing::TestWithParam<int> {  // the threads
 protected:
  // An operation, one image, and its output before and after.
  template <typename Op>
  struct Layer {
    Op op;
    Tensor y;
  };

  // Every call of an operation that does not change it.
  template <typename Op>
  void FailEachCall(const std::string& what, const std::function<Op()>& make, const Shape& input,
                    Layout layout) {
    const Tensor x = Filled(input, layout);
    const Tensor expected = make().Run(x), before = Filled(expected.shape(), layout);
    using L = Layer<Op>;
    const auto make_layer = [&] { return L{make(), before}; };
    const auto each = [&](const char* call, const std::function<void(L&)>& f) {
      return FailEach(what + ' ' + call, make_layer, f, [&](L& layer, bool failed) {
        EXPECT_TRUE(!failed || SameBits(layer.y, before)) << "y has changed";
        EXPECT_TRUE(SameBits(layer.op.Run(x), expected));
      });
    };
    const size_t bytes = make().WorkspaceBytes(input, layout, GetParam());
    const int64_t blocks = bytes == 0 ? 0 : 1;
    // The first Run may pack weights.
    const int64_t first = each("Run", [&](L& l) { l.op.Run({.x = x, .y = l.y}); });
    EXPECT_GE(first, blocks);
    EXPECT_EQ(each("Run twice", [&](L& l) { l.op.Run(x, l.y), l.op.Run(x, l.y); }), first);
    EXPECT_EQ(each("Run to a tensor", [&](L& l) { l.op.Run(x); }), 1 + first);
    EXPECT_GT(each("Run, misused", [&](L& l) { l.op.Run(l.y.view().Channels(0, 0), l.y); }), 0);
    EXPECT_EQ(each("WorkspaceBytes", [&](L& l) { l.op.WorkspaceBytes(input, layout, 3); }), 0);
    EXPECT_EQ(
        each("WorkspaceBytes of views", [&](L& l) { l.op.WorkspaceBytes({.x = x, .y = l.y}, 3); }),
        0);
    EXPECT_GT(each("Explain", [&](L& l) { l.op.Explain(input, layout); }), 3);
    EXPECT_GT(each("ToString", [&](L& l) { (void)l.op.Explain(input, layout).ToString(); }), 3);
    EXPECT_EQ(each("copy", [&](L& l) { const Op copy(l.op), other(copy); }), 0);
    EXPECT_EQ(each("OutputShape", [&](L& l) { (void)l.op.OutputShape(input); }), 0);
    EXPECT_GT(each("OutputShape, misused", [&](L& l) { (void)l.op.OutputShape({}); }), 0);
  }

  void Execute(const std::function<void()>& f) { tbb::task_arena(GetParam()).execute(f); }

 private:
  const AllowThreads limit_{4};
};

std::vector<float> Weights(const Conv2dOptions& o) {
  return std::vector<float>(static_cast<size_t>(o.out_channels * (o.in_channels / o.groups) *
                                                o.kernel_size.h * o.kernel_size.w),
                            0.25f);
}

// One for each algorithm, large enough for several threads.
std::vector<Conv2dOptions> Convolutions() {
  std::vector<Conv2dOptions> all;
  for (const std::string& algorithm : Algorithms()) {
    const bool depthwise = algorithm == "depthwise" || algorithm == "planar";
    all.push_back({.in_channels = 24,
                   .out_channels = 24,
                   .kernel_size = algorithm == "pointwise" ? 1 : 3,
                   .padding = Padding::Same(),
                   .groups = depthwise ? 24 : 1,
                   .algorithm = algorithm});
  }
  return all;
}

TEST_P(OutOfMemory, InAConvolutionsCalls) {
  for (const Conv2dOptions& o : Convolutions()) {
    for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
      if (o.algorithm == "planar" && layout == Layout::kNhwc) continue;
      Execute([&] {
        FailEachCall<Conv2d>(
            o.algorithm + ' ' + ToString(layout), [&] { return Conv2d(o, Weights(o)); },
            o.groups == 1 ? Shape(1, 24, 20, 20) : Shape(1, 24, 32, 32), layout);
      });
    }
  }
}

TEST_P(OutOfMemory, InAPoolingsCalls) {
  for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
    for (const std::string& algorithm : PoolAlgorithms()) {
      const Shape input(algorithm == "reference" ? 1 : 42, 24, 10, 10);
      const std::function<AnyPooling()> kinds[] = {
          [&] { return MaxPool2d({.kernel_size = 7, .stride = 1, .algorithm = algorithm}); },
          [&] { return AvgPool2d({.kernel_size = 7, .stride = 1, .algorithm = algorithm}); },
          [&] { return AdaptiveMaxPool2d({.output_size = 7, .algorithm = algorithm}); },
          [&] { return AdaptiveAvgPool2d({.output_size = 1, .algorithm = algorithm}); },
      };
      for (const auto& make : kinds) {
        try {
          (void)make().WorkspaceBytes(input, layout, 1);
        } catch (const std::invalid_argument&) {
          continue;  // not this algorithm
        }
        const std::string what = algorithm + ' ' + ToString(layout);
        Execute([&] { FailEachCall<AnyPooling>(what, make, input, layout); });
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Threads, OutOfMemory, testing::Values(1, 4));

TEST(OutOfMemoryTest, ToBuildAConvolution) {
  for (Conv2dOptions o : Convolutions()) {
    o.target = cpu::ActiveTarget();
    const std::vector<float> weights = Weights(o), bias(24);
    EXPECT_GT(FailEach(o.algorithm, [&] { Conv2d(o, weights, bias); }), 2);
    o.algorithm = "magic, of a long name";
    EXPECT_GT(FailEach(o.algorithm, [&] { Conv2d(o, weights, bias); }), 0);
    o.algorithm = "auto";
    o.target = "none";
    EXPECT_GT(FailEach("a target", [&] { Conv2d(o, weights, bias); }), 0);
  }
}

TEST(OutOfMemoryTest, ToBuildAPooling) {
  for (const char* algorithm : {"auto", "reference", "magic, of a long name"}) {
    EXPECT_GT(FailEach("max", [&] { MaxPool2d({.kernel_size = 3, .algorithm = algorithm}); }), 0);
    EXPECT_GT(FailEach("avg", [&] { AvgPool2d({.kernel_size = 3, .algorithm = algorithm}); }), 0);
    EXPECT_GT(FailEach("adaptive max",
                       [&] { AdaptiveMaxPool2d({.output_size = 3, .algorithm = algorithm}); }),
              0);
    EXPECT_GT(FailEach("adaptive avg",
                       [&] { AdaptiveAvgPool2d({.output_size = 3, .algorithm = algorithm}); }),
              0);
  }
}

TEST(OutOfMemoryTest, ToSetWeights) {
  const Conv2dOptions o = Convolutions()[0];
  const std::vector<float> weights = Weights(o), few(3);
  const Tensor x = Filled({1, 24, 5, 5}, Layout::kNchw);
  const auto make = [&] { return Conv2d(o, std::vector<float>(weights.size(), 3.0f)); };
  const Tensor expected = Conv2d(o, weights).Run(x), before = make().Run(x);
  const auto check = [&](const Conv2d& conv, bool) {
    EXPECT_TRUE(SameBits(conv.Run(x), expected));
  };
  EXPECT_EQ(FailEach(
                "as many", make, [&](Conv2d& conv) { conv.SetWeights(weights); }, check),
            0);
  const auto unchanged = [&](const Conv2d& conv, bool) {
    EXPECT_TRUE(SameBits(conv.Run(x), before));
  };
  EXPECT_GT(FailEach(
                "too few", make, [&](Conv2d& conv) { conv.SetWeights(few); }, unchanged),
            0);
}

TEST(OutOfMemoryTest, OfTensors) {
  const Shape s(2, 3, 4, 5);
  const Tensor x = Filled(s, Layout::kNchw), other = Filled({1, 2, 3, 4}, Layout::kNhwc);
  const std::vector<float> values(120), few(3);
  EXPECT_EQ(FailEach("zeros", [&] { Tensor{s}; }), 1);
  EXPECT_EQ(FailEach("values", [&] { Tensor(s, values); }), 1);
  EXPECT_GT(FailEach("few values", [&] { Tensor(s, few); }), 1);
  EXPECT_EQ(FailEach("copy", [&] { Tensor{x}; }), 1);
  EXPECT_EQ(FailEach(
                "assign", [&] { return other; }, [&](Tensor& t) { t = x; },
                [&](const Tensor& t, bool failed) {
                  EXPECT_TRUE(SameBits(t, failed ? other : x));
                  EXPECT_EQ(t.layout(), failed ? Layout::kNhwc : Layout::kNchw);
                }),
            1);
  Tensor y(s, Layout::kNhwc);
  EXPECT_EQ(FailEach("Copy", [&] { Copy(x, y); }), 0);
  EXPECT_TRUE(SameBits(x, y));
  EXPECT_GT(FailEach("Copy, misused", [&] { Copy(x, x.shape() == s ? y.view().Batch(0, 1) : y); }),
            0);
  EXPECT_GT(FailEach("ToString", [&] { (void)Shape(1000000, 1, 1000000, 1000).ToString(); }), 0);
  EXPECT_GT(FailEach("a negative shape", [&] { Shape(1, -1, 1, 1); }), 0);
}

TEST(OutOfMemoryTest, InFunctions) {
  const Tensor x = Filled({1, 3, 9, 9}, Layout::kNchw), k = Filled({1, 3, 3, 3}, Layout::kNchw);
  EXPECT_GT(FailEach("Corr2d", [&] { Corr2d(x, k); }), 4);
  EXPECT_GT(FailEach("Corr2d, misused", [&] { Corr2d(k, x); }), 4);
  EXPECT_GT(FailEach("Pool2d", [&] { Pool2d(x, 3); }), 1);
  EXPECT_GT(FailEach("Pool2d", [&] { Pool2d(x, 3, PoolMode::kAvg); }), 1);
  EXPECT_GT(FailEach("Algorithms", [] { Algorithms(); }), 1);
  EXPECT_GT(FailEach("PoolAlgorithms", [] { PoolAlgorithms(); }), 1);
  EXPECT_GT(FailEach("Targets", [] { cpu::Targets(); }), 0);
  cpu::ActiveTarget();
  const std::string active = cpu::ActiveTarget();
  const auto same = [&](int, bool failed) {
    EXPECT_TRUE(!failed || cpu::ActiveTarget() == active);
  };
  const auto none = [] { return 0; };
  FailEach(
      "ForceTarget", none, [&](int) { cpu::ForceTarget(active); }, same);
  FailEach(
      "CapTarget", none, [&](int) { cpu::CapTarget(active); }, same);
  EXPECT_GT(FailEach(
                "ForceTarget", none, [](int) { cpu::ForceTarget("no such one"); }, same),
            0);
  cpu::ForceTarget("");
  cpu::CapTarget("");
}

}  // namespace
}  // namespace windrow::test
