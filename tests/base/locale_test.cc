// Texts do not depend on the program's locale.
#include <gtest/gtest.h>

#include <functional>
#include <locale>
#include <stdexcept>
#include <string>
#include <vector>

#include "tests/support/other_locale.h"
#include "windrow/windrow.h"

namespace windrow::test {
namespace {

std::string ErrorOf(const std::function<void()>& f) {
  try {
    f();
  } catch (const std::exception& e) {
    return e.what();
  }
  return "no error";
}

// Texts with large numbers and fractions.
std::vector<std::string> Texts() {
  const Conv2dOptions options{
      .in_channels = 1024, .out_channels = 1000, .kernel_size = 1, .stride = 1};
  const std::vector<float> weights(1024 * 1000);
  const Conv2d conv(options, weights);
  const MaxPool2d pool({.kernel_size = 3});
  const Shape input(1, 1024, 1000, 1200);
  Tensor x(Shape(1, 1024, 5, 1001));
  return {
      input.ToString(),
      conv.Explain(input, Layout::kNchw).ToString(),
      conv.Explain(input, Layout::kNchw).tile,
      pool.Explain(input, Layout::kNhwc).ToString(),
      ErrorOf([&] { Conv2d(options, std::vector<float>(12345)); }),
      ErrorOf([&] {
        Conv2d({.in_channels = 1024,
                .out_channels = 1000,
                .kernel_size = 1,
                .epilogue = {.clamp_min = 1234.5f, .clamp_max = -0.25f}},
               weights);
      }),
      ErrorOf([&] {
        (void)conv.OutputShape({1, 1025, 10000, 3});
      }),
      ErrorOf([&] { conv.Run(x, x); }),
      ErrorOf([&] { Shape(-12345, 1, 1, 1); }),
      ErrorOf([&] { (void)x.view().Crop(0, 1000, 1, 1000); }),
      ErrorOf([&] { MaxPool2d({.kernel_size = 3, .padding = 1234}); }),
      ErrorOf([&] {
        (void)pool.OutputShape({1000, 1, 1, 1});
      }),
      ErrorOf([] {
        DenseStrides({1, 1, 1, 1}, static_cast<Layout>(77));
      }),
  };
}

TEST(Locale, ChangesNoText) {
  const std::vector<std::string> expected = Texts();
  const OtherLocale other;
  EXPECT_EQ(Texts(), expected);
  EXPECT_EQ(expected[0], "1x1024x1000x1200");
}

}  // namespace
}  // namespace windrow::test
