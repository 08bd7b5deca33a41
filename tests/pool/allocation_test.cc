// A Run of a pooling allocates nothing, the first one with a new shape included.
#include <gtest/gtest.h>
#include <oneapi/tbb/task_arena.h>

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/pool/problem.h"
#include "tests/support/allocation_count.h"
#include "windrow/pool2d.h"

namespace windrow::test {
namespace {

// A kind of pooling, and whether it has indices too.
struct Kind {
  const char* name;
  AnyPooling (*make)(const std::string& algorithm);
  bool indices;
};

const Kind kKinds[] = {
    {"Max",
     [](const std::string& name) -> AnyPooling {
       return MaxPool2d({.kernel_size = 3, .stride = 2, .padding = 1, .algorithm = name});
     },
     true},
    {"LargeMax",
     [](const std::string& name) -> AnyPooling {
       return MaxPool2d({.kernel_size = 9, .stride = 1, .padding = 4, .algorithm = name});
     },
     true},
    {"Average",
     [](const std::string& name) -> AnyPooling {
       return AvgPool2d({.kernel_size = 3, .stride = 2, .padding = 1, .algorithm = name});
     },
     false},
    {"AdaptiveMax",
     [](const std::string& name) -> AnyPooling {
       return AdaptiveMaxPool2d({.output_size = 2, .algorithm = name});
     },
     true},
    {"GlobalAverage",
     [](const std::string& name) -> AnyPooling {
       return AdaptiveAvgPool2d({.output_size = 1, .algorithm = name});
     },
     false},
};

class PoolAllocation : public testing::TestWithParam<std::string> {
 protected:
  // Runs a few times on one thread. Where scratch memory is needed, a first Run may make the
  // object's larger. False if the algorithm refuses this.
  static bool ExpectNone(const Pooling& pooling, const PoolArgs& args, const std::string& what) {
    bool ran = true;
    tbb::task_arena(1).execute([&] {
      try {
        if (pooling.WorkspaceBytes(args, 1) > 0) pooling.Run(args);
      } catch (const std::invalid_argument&) {
        ran = false;
        return;
      }
      EXPECT_TRUE(AllocatesNothing([&] {
        for (int i = 0; i < 3; ++i) pooling.Run(args);
      })) << what;
    });
    return ran;
  }
};

TEST_P(PoolAllocation, NoneInARunNotEvenOfANewShape) {
  int ran = 0;
  for (const Kind& kind : kKinds) {
    const AnyPooling pooling = kind.make(GetParam());
    for (const Layout x_layout : {Layout::kNhwc, Layout::kNchw}) {
      for (const Layout y_layout : {Layout::kNhwc, Layout::kNchw}) {
        for (const Shape& s : {Shape(1, 16, 9, 9), Shape(2, 33, 30, 31), Shape(1, 16, 3, 100),
                               Shape(1, 16, 9, 9), Shape(0, 16, 9, 9), Shape(1, 0, 9, 9)}) {
          const Tensor x(s, x_layout);
          Tensor y(pooling.OutputShape(s), y_layout);
          std::vector<int64_t> indices(static_cast<size_t>(y.shape().elements()));
          PoolArgs args{.x = x, .y = y};
          const std::string what =
              std::string(kind.name).append(" ").append(s.ToString()).append(ToString(x_layout));
          ran += ExpectNone(pooling, args, what);
          if (!kind.indices) continue;
          args.indices = IndexView(indices.data(), y.shape(), y_layout);
          ran += ExpectNone(pooling, args, what);
        }
      }
    }
  }
  EXPECT_GT(ran, 0);
}

TEST(PoolGradientAllocation, NoneNotEvenOfANewShape) {
  const MaxPool2d max({.kernel_size = 3, .stride = 2, .padding = 1});
  const AvgPool2d average({.kernel_size = 3, .stride = 2, .padding = 1});
  tbb::task_arena(1).execute([&] {
    for (const Layout layout : {Layout::kNhwc, Layout::kNchw}) {
      for (const Shape& s : {Shape(2, 33, 30, 31), Shape(1, 16, 9, 9), Shape(1, 16, 3, 30)}) {
        Tensor dx(s, layout);
        const MaxPoolResult result = max.RunWithIndices(dx);
        max.Backward(result.y, result.indices, dx);  // makes the object's scratch memory
        average.Backward(result.y, dx);
        EXPECT_TRUE(AllocatesNothing([&] {
          for (int i = 0; i < 3; ++i) {
            max.Backward(result.y, result.indices, dx);
            average.Backward(result.y, dx);
          }
        })) << s.ToString();
      }
    }
  });
}

std::vector<std::string> AutoAndAllPoolings() {
  std::vector<std::string> names = PoolAlgorithms();
  names.push_back("auto");
  return names;
}

INSTANTIATE_TEST_SUITE_P(All, PoolAllocation, testing::ValuesIn(AutoAndAllPoolings()),
                         [](const auto& test) { return test.param; });

}  // namespace
}  // namespace windrow::test
