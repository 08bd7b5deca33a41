// A Run inside the caller's own TBB tasks: the thread that waits in it takes none of them, and it
// is whole though their group is cancelled. What needs no second thread does not enter TBB at all.
#include <gtest/gtest.h>
#include <oneapi/tbb/parallel_for.h>
#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/parallel.h"
#include "tests/support/placed.h"
#include "tests/support/threads.h"
#include "tests/support/values.h"
#include "windrow/conv2d.h"
#include "windrow/pool2d.h"

namespace windrow::test {
namespace {

constexpr int kThreads = 4;

// A layer, its input, and what it gives.
struct Layer {
  std::string name;
  std::function<void(const ConstTensorView&, const TensorView&)> run;
  Tensor x, expected;

  template <typename Op>
  Layer(const char* what, const Op& op, const Shape& input)
      : name(what), run([op](const auto& from, const auto& to) { op.Run(from, to); }), x(input) {
    Fill(x.view(), Role::kInput, Values::kPlain);
    expected = op.Run(x);
  }
};

Conv2d Convolution(int64_t channels, const std::string& algorithm) {
  return Conv2d({.in_channels = channels,
                 .out_channels = channels,
                 .kernel_size = 3,
                 .padding = 1,
                 .algorithm = algorithm},
                std::vector<float>(static_cast<size_t>(channels * channels * 9), 0.25f));
}

// Each large enough for several threads.
std::vector<Layer> LargeLayers() {
  const Shape input(2, 16, 60, 60);
  std::vector<Layer> all;
  all.emplace_back("auto", Convolution(16, "auto"), input);
  all.emplace_back("reference", Convolution(16, "reference"), Shape(1, 16, 12, 12));
  all.emplace_back("max", MaxPool2d({.kernel_size = 3, .stride = 1}), input);
  all.emplace_back("average", AvgPool2d({.kernel_size = 3, .stride = 1}), input);
  all.emplace_back("adaptive max", AdaptiveMaxPool2d({.output_size = 7}), input);
  all.emplace_back("global average", AdaptiveAvgPool2d({.output_size = 1}), input);
  return all;
}

// What is written over every element before a Run.
void Spoil(Tensor& y) { std::fill_n(y.data(), y.shape().elements(), 1234.5f); }

class CallerTasks : public testing::Test {
 protected:
  static testing::AssertionResult Right(const Layer& layer, const Tensor& y) {
    if (SameBits(y, layer.expected)) return testing::AssertionSuccess();
    return testing::AssertionFailure() << layer.name << " has written something else";
  }
  const AllowThreads limit_{kThreads};
};

// Whether this thread is in a Run that one of the caller's tasks has called.
thread_local bool t_in_run = false;

void RunMarked(const Layer& layer, Tensor& y) {
  Spoil(y);
  t_in_run = true;
  layer.run(layer.x, y);
  t_in_run = false;
}

TEST_F(CallerTasks, WantALockThatTheCallerHolds) {
  for (const Layer& layer : LargeLayers()) {
    std::atomic<int> taken = 0;
    Tensor y(layer.expected.shape());
    for (int round = 0; round < 20; ++round) {
      tbb::task_arena(kThreads).execute([&] {
        std::mutex mutex;
        tbb::task_group group;
        {
          const std::lock_guard lock(mutex);
          for (int i = 0; i < 8; ++i) {
            group.run([&] {
              if (t_in_run) {
                ++taken;  // to lock it would be the deadlock
              } else {
                const std::lock_guard wait(mutex);
              }
            });
          }
          RunMarked(layer, y);
        }
        group.wait();
      });
      ASSERT_TRUE(Right(layer, y));
    }
    EXPECT_EQ(taken, 0) << layer.name;
  }
}

TEST_F(CallerTasks, RunLayersThemselves) {
  for (const Layer& layer : LargeLayers()) {
    std::atomic<int> taken = 0, wrong = 0;
    tbb::task_arena(kThreads).execute([&] {
      tbb::parallel_for(0, 64, [&](int) {
        taken += t_in_run;
        Tensor y(layer.expected.shape());
        RunMarked(layer, y);
        wrong += !SameBits(y, layer.expected);
      });
    });
    EXPECT_EQ(taken, 0) << layer.name;
    EXPECT_EQ(wrong, 0) << layer.name;
  }
}

TEST_F(CallerTasks, AreCancelledBefore) {
  for (const Layer& layer : LargeLayers()) {
    tbb::task_arena(kThreads).execute([&] {
      Tensor y(layer.expected.shape());
      tbb::task_group group;
      group.run_and_wait([&] {
        group.cancel();
        RunMarked(layer, y);
      });
      EXPECT_TRUE(Right(layer, y));
    });
  }
}

TEST_F(CallerTasks, AreCancelledByAThrowingSibling) {
  for (const Layer& layer : LargeLayers()) {
    tbb::task_arena(kThreads).execute([&] {
      Tensor y(layer.expected.shape());
      bool cancelled = false;
      std::atomic<bool> started = false;
      // Thrown before that, TBB would not begin the other.
      const auto sibling = [&] {
        while (!started) std::this_thread::yield();
        throw std::domain_error("sibling");
      };
      const auto run = [&] {
        started = true;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (!cancelled && std::chrono::steady_clock::now() < deadline) {
          cancelled = tbb::is_current_task_group_canceling();
        }
        RunMarked(layer, y);
      };
      EXPECT_THROW(tbb::parallel_invoke(sibling, run), std::domain_error);
      EXPECT_TRUE(cancelled);
      EXPECT_TRUE(Right(layer, y));
    });
  }
}

// So std::bad_alloc of a worker's reaches the caller, in a cancelled group too.
TEST_F(CallerTasks, GetWhatABodyThrows) {
  for (const bool cancel : {false, true}) {
    tbb::task_arena(kThreads).execute([&] {
      tbb::task_group group;
      int caught = 0;
      group.run_and_wait([&] {
        if (cancel) group.cancel();
        for (int64_t bad = 0; bad < 16; ++bad) {
          try {
            internal::ParallelFor(16, [&](int64_t i) {
              if (i == bad) throw std::bad_alloc();
            });
          } catch (const std::bad_alloc&) {
            ++caught;
          }
        }
      });
      EXPECT_EQ(caught, 16);
    });
  }
}

TEST_F(CallerTasks, AreNotMetBySmallCalls) {
  const Shape input(1, 4, 9, 9);
  const Layer small[] = {
      {"convolution", Convolution(4, "auto"), input},
      {"max", MaxPool2d({.kernel_size = 3}), input},
      {"global average", AdaptiveAvgPool2d({.output_size = 1}), input},
  };
  constexpr int kNotSeen = tbb::task_arena::not_initialized;  // by TBB
  std::thread([&] {
    for (const Layer& layer : small) {
      Tensor y(layer.expected.shape());
      layer.run(layer.x, y);
      EXPECT_TRUE(Right(layer, y));
      EXPECT_EQ(tbb::this_task_arena::current_thread_index(), kNotSeen) << layer.name;
    }
  }).join();
}

}  // namespace
}  // namespace windrow::test
