#include "tools/train_pictures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>

#include "tools/canvas.h"
#include "tools/mnist.h"

namespace windrow::tool {
namespace {

// Numbers that are 1, 2 or 5 times a power of ten apart, at most seven, around all from low to
// high.
std::vector<double> EvenTicks(double low, double high) {
  for (double power = 1e-6;; power *= 10) {
    for (const double of : {1.0, 2.0, 5.0}) {
      const double step = of * power, first = std::floor(low / step + 1e-9);
      const double last = std::max(std::ceil(high / step - 1e-9), first + 1);
      if (last - first > 6) continue;
      std::vector<double> ticks;
      for (double i = first; i <= last; ++i) ticks.push_back(i * step);
      return ticks;
    }
  }
}

// 1, 2 and 5 times powers of ten, or if these are many only the powers, around all from low to
// high.
std::vector<double> LogTicks(double low, double high) {
  std::vector<double> ticks;
  for (const bool powers : {false, true}) {
    ticks.clear();
    for (double power = 1e-6; ticks.empty() || ticks.back() < high; power *= 10) {
      for (const double of : {1.0, 2.0, 5.0}) {
        if (powers && of != 1) continue;
        if (!ticks.empty() && ticks.back() >= high) break;
        if (of * power <= low) ticks.clear();
        ticks.push_back(of * power);
      }
    }
    if (ticks.size() <= 10) break;
  }
  if (ticks.size() == 1) ticks.push_back(10 * ticks[0]);
  return ticks;
}

// Numbers, from the first tick to the last one, as positions in the picture.
struct Axis {
  std::vector<double> ticks;
  double from, to;  // pixels
  bool log = false;

  double At(double v) const {
    const double low = ticks.front(), high = ticks.back();
    const double part =
        log ? std::log(std::max(v, low) / low) / std::log(high / low) : (v - low) / (high - low);
    return from + part * (to - from);
  }
  int64_t Pixel(double v) const { return std::lround(At(v)); }
};

constexpr int64_t kWidth = 640, kPlotHeight = 240, kLeft = 60, kRight = 24, kTop = 30, kBottom = 36;

struct Plot {
  const char* title;
  double CurvePoint::*value;
  double scale;  // of the value
  const char* unit;
  bool log;
};

void DrawAxes(const Plot& plot, const Axis& x, const Axis& y, int64_t top, Canvas& canvas) {
  const int64_t bottom = top + kPlotHeight - kBottom;
  for (const double v : y.ticks) {
    const std::string text = fmt::format("{:.6g}{}", v, plot.unit);
    canvas.Fill(kLeft, y.Pixel(v), kWidth - kLeft - kRight, 1, kLightGray);
    canvas.Text(kLeft - 8 - Canvas::TextWidth(text), y.Pixel(v) - 4, text, kBlack);
  }
  for (const double v : x.ticks) {
    const std::string text = fmt::format("{:.6g}", v);
    canvas.Fill(x.Pixel(v), bottom, 1, 5, kBlack);
    canvas.Text(x.Pixel(v) - Canvas::TextWidth(text) / 2, bottom + 8, text, kBlack);
  }
  canvas.Fill(kLeft, bottom, kWidth - kLeft - kRight, 1, kBlack);
  canvas.Text(kWidth - kRight - Canvas::TextWidth("EPOCHS"), bottom + 22, "EPOCHS", kBlack);
  canvas.Text(kLeft, top + 10, plot.title, kBlack);
  canvas.Text(kWidth - 130, top + 10, "TRAIN", kBlue);
  canvas.Text(kWidth - 70, top + 10, "TEST", kOrange);
}

void DrawPlot(const Plot& plot, const Curve& curve, int64_t top, Canvas& canvas) {
  double low = std::numeric_limits<double>::max(), high = 0;
  for (const auto* points : {&curve.train(), &curve.test()}) {
    for (const CurvePoint& p : *points) {
      low = std::min(low, p.*plot.value * plot.scale);
      high = std::max(high, p.*plot.value * plot.scale);
    }
  }
  low = std::min(low, high);  // where there are no points
  const auto epoch = [&](int64_t step) {
    return static_cast<double>(step) / static_cast<double>(curve.steps_per_epoch());
  };
  const Axis x{EvenTicks(0, epoch(curve.step())), kLeft, kWidth - kRight};
  const Axis y{plot.log ? LogTicks(low, high) : EvenTicks(low, std::max(high, low + 1)),
               static_cast<double>(top + kPlotHeight - kBottom), static_cast<double>(top + kTop),
               plot.log};
  DrawAxes(plot, x, y, top, canvas);
  for (const auto& [points, color] :
       {std::pair(&curve.train(), kBlue), std::pair(&curve.test(), kOrange)}) {
    for (size_t i = 0; i < points->size(); ++i) {
      const CurvePoint &p = (*points)[i], &before = (*points)[i == 0 ? 0 : i - 1];
      const double x1 = x.At(epoch(p.step)), y1 = y.At(p.*plot.value * plot.scale);
      canvas.Line(x.At(epoch(before.step)), y.At(before.*plot.value * plot.scale), x1, y1, color);
      if (points != &curve.test()) continue;
      canvas.Fill(static_cast<int64_t>(x1) - 2, static_cast<int64_t>(y1) - 2, 5, 5, color);
    }
  }
}

// From blue by white to red.
Color Signed(double v) {
  const auto part = [](double p) { return static_cast<uint16_t>(255 * std::clamp(p, 0.0, 1.0)); };
  return {part(1 + v), part(1 - std::abs(v)), part(1 - v)};
}

}  // namespace

Image CurvePicture(const Curve& curve) {
  Canvas canvas(kWidth, 2 * kPlotHeight);
  DrawPlot({"LOSS", &CurvePoint::loss, 1, "", true}, curve, 0, canvas);
  DrawPlot({"ACCURACY", &CurvePoint::accuracy, 100, "%", false}, curve, kPlotHeight, canvas);
  return canvas.image();
}

Image KernelsPicture(const Tensor& before, const Tensor& after) {
  const Shape& s = before.shape();
  constexpr int64_t kCell = 12, kGap = 8, kText = 60;
  Canvas canvas(kText + s.n() * (s.w() * kCell + kGap), kGap + 2 * (s.h() * kCell + kGap));
  int64_t top = kGap;
  for (const Tensor* t : {&before, &after}) {
    double max = 1e-30;
    for (int64_t i = 0; i < s.elements(); ++i) max = std::max(max, std::abs(double{t->data()[i]}));
    canvas.Text(kGap / 2, top + (s.h() * kCell - Canvas::kCharHeight) / 2,
                t == &before ? "BEFORE" : "AFTER", kBlack);
    for (int64_t n = 0; n < s.n(); ++n) {
      const int64_t left = kText + n * (s.w() * kCell + kGap);
      canvas.Fill(left - 1, top - 1, s.w() * kCell + 2, s.h() * kCell + 2, kLightGray);
      for (int64_t i = 0; i < s.h() * s.w(); ++i) {
        canvas.Fill(left + i % s.w() * kCell, top + i / s.w() * kCell, kCell, kCell,
                    Signed(t->at(n, 0, i / s.w(), i % s.w()) / max));
      }
    }
    top += s.h() * kCell + kGap;
  }
  return canvas.image();
}

std::vector<Misread> FindMisread(train::Model& model, const train::Dataset& data) {
  constexpr int64_t kBatch = 250;
  const int64_t pixels = data.image.elements();
  std::vector<Misread> misread;
  Tensor x(model.InputShape(std::min(kBatch, data.size())));
  for (int64_t first = 0; first < data.size(); first += kBatch) {
    const int64_t count = std::min(kBatch, data.size() - first);
    for (int64_t i = 0; i < count; ++i) {
      Normalize(data.pixels.data() + (first + i) * pixels, x.data() + i * pixels);
    }
    const ConstTensorView logits = model.Forward(x.view().Batch(0, count));
    const int64_t classes = logits.shape().c();
    for (int64_t i = 0; i < count; ++i) {
      const float* const row = logits.data() + i * classes;
      const int64_t read = std::max_element(row, row + classes) - row;
      if (read != data.labels[static_cast<size_t>(first + i)]) misread.push_back({first + i, read});
    }
  }
  return misread;
}

Image MisreadPicture(const train::Dataset& data, std::span<const Misread> misread) {
  constexpr int64_t kScale = 2, kColumns = 10, kMax = 100, kGap = 6;
  constexpr int64_t kSide = kMnistSide * kScale, kHeight = kSide + Canvas::kCharHeight + 2 * kGap;
  const int64_t count = std::min<int64_t>(std::ssize(misread), kMax);
  const int64_t rows = std::max<int64_t>((count + kColumns - 1) / kColumns, 1);
  Canvas canvas(kColumns * (kSide + kGap) + kGap, rows * kHeight + kGap);
  for (int64_t k = 0; k < count; ++k) {
    const Misread& m = misread[static_cast<size_t>(k)];
    const int64_t left = kGap + k % kColumns * (kSide + kGap), top = kGap + k / kColumns * kHeight;
    const uint8_t* const pixels = data.pixels.data() + m.picture * kMnistSide * kMnistSide;
    for (int64_t i = 0; i < kMnistSide * kMnistSide; ++i) {
      const uint16_t v = pixels[i];
      canvas.Fill(left + i % kMnistSide * kScale, top + i / kMnistSide * kScale, kScale, kScale,
                  {v, v, v});
    }
    const auto text = [](int64_t digit) { return fmt::format("{}", digit); };
    canvas.Text(left + kSide / 2 - 12, top + kSide + 4,
                text(data.labels[static_cast<size_t>(m.picture)]), kGreen);
    canvas.Text(left + kSide / 2 + 6, top + kSide + 4, text(m.read), kRed);
  }
  return canvas.image();
}

}  // namespace windrow::tool
