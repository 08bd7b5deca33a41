// The loop over batches, and the files of weights and of all that a run goes on from.
#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>
#include <stdexcept>
#include <utility>

#include "lib/base/error.h"
#include "lib/base/file.h"
#include "lib/base/math.h"
#include "lib/train/batches.h"
#include "lib/train/safetensors.h"
#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {
namespace {

using internal::NamedTensor;
using internal::StrCat;

constexpr char kCheckpoint[] = "checkpoint 1";  // what a file says of itself
constexpr uint32_t kShuffles = 0xFFFFFFFFu;     // no layer's stream

std::vector<int64_t> ShapeOf(const Parameter& p) {
  const Shape& s = p.value.shape();
  std::vector<int64_t> shape{s.n(), s.c(), s.h(), s.w()};
  shape.resize(static_cast<size_t>(p.dimensions));
  return shape;
}

std::string ToText(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += StrCat(i == 0 ? "" : ", ", shape[i]);
  return text + "]";
}

std::vector<NamedTensor> ParametersOf(const Model& model) {
  std::vector<NamedTensor> all;
  for (Parameter* p : model.parameters()) all.push_back({p->name, ShapeOf(*p), &p->value});
  return all;
}

// "momentum_buffer of 0.weight"; of what has no gradient there is none.
std::vector<NamedTensor> StatesOf(Optimizer& optimizer) {
  std::vector<NamedTensor> all;
  const auto parameters = optimizer.model().parameters();
  for (Optimizer::State& s : optimizer.states()) {
    for (size_t i = 0; i < parameters.size(); ++i) {
      const Parameter& p = *parameters[i];
      if (p.gradient.data() == nullptr) continue;
      all.push_back({s.name + " of " + p.name, ShapeOf(p), &s.of[i]});
    }
  }
  return all;
}

// Looks for all tensors in the file, and for others, before it changes any. PyTorch counts a batch
// norm's batches, which nothing here depends on.
void LoadAll(std::span<const NamedTensor> wanted, internal::TensorFile file,
             const std::string& path) {
  const auto fail = [&](const std::string& what) {
    throw std::runtime_error(StrCat(path, ": ", what));
  };
  std::vector<std::string_view> found;
  for (const NamedTensor& t : wanted) {
    const auto stored = file.tensors.find(t.name);
    if (stored == file.tensors.end()) fail(StrCat("there is no \"", t.name, '"'));
    if (stored->second.dtype != "F32") {
      fail(StrCat('"', t.name, "\" is of ", stored->second.dtype, ", not F32"));
    }
    if (stored->second.shape != t.shape) {
      fail(StrCat('"', t.name, "\" has the shape ", ToText(stored->second.shape),
                  ", the model's has ", ToText(t.shape)));
    }
    found.push_back(stored->second.bytes);
    file.tensors.erase(stored);
  }
  for (const auto& [name, tensor] : file.tensors) {
    if (!name.ends_with("num_batches_tracked")) fail(StrCat("the model has no \"", name, '"'));
  }
  for (size_t i = 0; i < wanted.size(); ++i) {
    internal::CopyFloats(found[i], wanted[i].tensor->data());
  }
}

}  // namespace

void SaveWeights(const Model& model, const std::string& path) {
  internal::WriteFile(path, internal::ToSafetensors(ParametersOf(model), {{"format", "pt"}}));
}

void LoadWeights(Model& model, const std::string& path) {
  const std::string bytes = internal::ReadFile(path);
  LoadAll(ParametersOf(model), internal::ParseSafetensors(bytes, path), path);
}

struct Trainer::Impl {
  Model& model;
  Optimizer& optimizer;
  const Dataset& data;
  TrainerOptions options;
  internal::Batches batches;
  std::vector<int64_t> order;  // of the pictures in the epoch
  int64_t epoch = -1;          // that the order is for
  int64_t step = 0;
  Score score{};  // of the last batch
  Tensor dlogits;

  int64_t steps_per_epoch() const { return internal::CeilDiv(data.size(), options.batch_size); }

  // The batch begins with this picture of the epoch. A loss is not finite where logits are not.
  [[noreturn]] void FailNotFinite(const ConstTensorView& logits, int64_t first) const {
    const float* const x = logits.data();
    const auto bad = std::find_if(x, x + logits.shape().elements() - 1,
                                  [](float v) { return !std::isfinite(v); });
    const int64_t picture = order[static_cast<size_t>(first + (bad - x) / logits.shape().c())];
    throw std::runtime_error(StrCat("after step ", step, ", the loss is ", score.loss,
                                    ", from picture ", picture,
                                    " of the set on: ", model.FirstNotFinite()));
  }

  // What a file must agree with, and the steps that it sets.
  std::map<std::string, std::string> Facts() const {
    return {{"pictures", StrCat(data.size())},
            {"batch_size", StrCat(options.batch_size)},
            {"seed", StrCat(options.seed)}};
  }
};

Trainer::Trainer(Model& model, Optimizer& optimizer, const Dataset& data,
                 const TrainerOptions& options)
    : impl_(new Impl{.model = model,
                     .optimizer = optimizer,
                     .data = data,
                     .options = options,
                     .batches = {model, data, options.batch_size},
                     .order = std::vector<int64_t>(data.labels.size()),
                     .dlogits = Tensor(model.OutputShape(options.batch_size))}) {
  internal::Require(&optimizer.model() == &model, "the optimiser is another model's");
}
Trainer::~Trainer() = default;

int64_t Trainer::step() const { return impl_->step; }
int64_t Trainer::steps_per_epoch() const { return impl_->steps_per_epoch(); }
const Score& Trainer::score() const { return impl_->score; }

double Trainer::Step() {
  Impl& t = *impl_;
  const TrainerOptions& o = t.options;
  const int64_t epoch = t.step / t.steps_per_epoch(), batch = t.step % t.steps_per_epoch();
  if (t.epoch != epoch) {
    Random(o.seed, kShuffles, epoch).Permutation(t.order);
    t.epoch = epoch;
  }
  const int64_t first = batch * o.batch_size, count = std::min(o.batch_size, t.data.size() - first);
  t.batches.Take(
      std::span(t.order).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
  if (o.lr) t.optimizer.set_lr(o.lr(t.step));
  const TensorView dlogits = t.dlogits.view().Batch(0, count);
  const ConstTensorView logits = t.model.Forward(t.batches.x(), {.training = true, .step = t.step});
  t.score = {.loss = CrossEntropyLoss(logits, t.batches.labels(), dlogits),
             .correct = CountCorrect(logits, t.batches.labels()),
             .count = count};
  if (!std::isfinite(t.score.loss)) t.FailNotFinite(logits, first);
  t.model.Backward(dlogits);
  if (o.max_gradient_norm > 0) ClipGradNorm(t.model, o.max_gradient_norm);
  t.optimizer.Step();
  ++t.step;
  return t.score.loss;
}

void Trainer::Save(const std::string& path) const {
  std::vector<NamedTensor> all = ParametersOf(impl_->model);
  for (NamedTensor& s : StatesOf(impl_->optimizer)) all.push_back(std::move(s));
  std::map<std::string, std::string> metadata = impl_->Facts();
  metadata["windrow"] = kCheckpoint;
  metadata["step"] = StrCat(impl_->step);
  metadata["optimizer_steps"] = StrCat(impl_->optimizer.steps());
  internal::WriteFile(path, internal::ToSafetensors(all, metadata));
}

void Trainer::Load(const std::string& path) {
  const std::string bytes = internal::ReadFile(path);
  internal::TensorFile file = internal::ParseSafetensors(bytes, path);
  const auto fact = [&](const std::string& key) { return std::exchange(file.metadata[key], ""); };
  if (fact("windrow") != kCheckpoint) {
    throw std::runtime_error(path + ": this is not all that a run goes on from");
  }
  for (const auto& [key, value] : impl_->Facts()) {
    const std::string found = fact(key);
    if (found == value) continue;
    throw std::runtime_error(StrCat(path, ": its ", key, " is ", found, ", here it is ", value));
  }
  const auto steps = [&](const std::string& key) {
    const std::string text = fact(key);
    int64_t value = -1;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) {
      throw std::runtime_error(StrCat(path, ": its ", key, " is \"", text, '"'));
    }
    return value;
  };
  const int64_t step = steps("step"), optimizer_steps = steps("optimizer_steps");
  std::vector<NamedTensor> all = ParametersOf(impl_->model);
  for (NamedTensor& s : StatesOf(impl_->optimizer)) all.push_back(std::move(s));
  LoadAll(all, std::move(file), path);
  impl_->step = step;
  impl_->optimizer.set_steps(optimizer_steps);
}

double Score::accuracy() const {
  return count == 0 ? 0 : static_cast<double>(correct) / static_cast<double>(count);
}

Score Evaluate(Model& model, const Dataset& data, int64_t batch_size) {
  internal::Batches batches(model, data, std::min(batch_size, std::max<int64_t>(data.size(), 1)));
  std::vector<int64_t> order(data.labels.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  Score score{.count = data.size()};
  for (int64_t first = 0; first < data.size(); first += batch_size) {
    const int64_t count = std::min(batch_size, data.size() - first);
    batches.Take(std::span(order).subspan(static_cast<size_t>(first), static_cast<size_t>(count)));
    const ConstTensorView logits = model.Forward(batches.x());
    score.loss += CrossEntropyLoss(logits, batches.labels(), {}, Reduction::kSum);
    score.correct += CountCorrect(logits, batches.labels());
  }
  score.loss /= static_cast<double>(data.size());
  return score;
}

}  // namespace train
}  // namespace v0
}  // namespace windrow
