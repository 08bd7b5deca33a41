#include "tools/train_curve.h"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "tools/json_output.h"

namespace windrow::tool {
namespace {

Json PointsToJson(const std::vector<CurvePoint>& points) {
  Json json = Json::array();
  for (const CurvePoint& p : points) {
    json.push_back({{"step", p.step}, {"loss", p.loss}, {"accuracy", p.accuracy}});
  }
  return json;
}

std::vector<CurvePoint> PointsUpTo(const Json& json, int64_t step) {
  std::vector<CurvePoint> points;
  for (const Json& p : json) {
    points.push_back({p.at("step"), p.at("loss"), p.at("accuracy")});
  }
  std::erase_if(points, [&](const CurvePoint& p) { return p.step > step; });
  return points;
}

}  // namespace

Curve::Curve(int64_t steps_per_epoch)
    : epoch_(steps_per_epoch), every_(std::max<int64_t>(steps_per_epoch / 10, 1)) {}

void Curve::AddStep(const train::Score& batch) {
  ++step_;
  loss_ += batch.loss * static_cast<double>(batch.count);
  correct_ += batch.correct;
  count_ += batch.count;
  if (step_ % every_ != 0) return;
  const auto count = static_cast<double>(count_);
  train_.push_back({step_, loss_ / count, static_cast<double>(correct_) / count});
  loss_ = 0;
  correct_ = count_ = 0;
}

void Curve::AddTest(const train::Score& test) {
  test_.push_back({step_, test.loss, test.accuracy()});
}

std::string Curve::ToJson() const {
  return ToText({{"step", step_},
                 {"train", PointsToJson(train_)},
                 {"test", PointsToJson(test_)},
                 {"unfinished", {{"loss", loss_}, {"correct", correct_}, {"count", count_}}}});
}

void Curve::FromJson(std::string_view text, const std::string& name, int64_t step) {
  try {
    const Json json = Json::parse(text), &rest = json.at("unfinished");
    train_ = PointsUpTo(json.at("train"), step);
    test_ = PointsUpTo(json.at("test"), step);
    std::erase_if(test_, [&](const CurvePoint& p) { return p.step % epoch_ != 0; });
    const bool same = json.at("step") == step;
    loss_ = same ? rest.at("loss").get<double>() : 0;
    correct_ = same ? rest.at("correct").get<int64_t>() : 0;
    count_ = same ? rest.at("count").get<int64_t>() : 0;
    step_ = step;
  } catch (const Json::exception& e) {
    throw std::runtime_error(fmt::format("{}: is no curve of a training: {}", name, e.what()));
  }
}

}  // namespace windrow::tool
