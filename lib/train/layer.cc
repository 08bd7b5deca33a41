#include "windrow/train.h"

namespace windrow {
inline namespace v0 {
namespace train {

Layer::Layer() = default;
Layer::~Layer() = default;
std::string Layer::Kind() const { return "Layer"; }
Shape Layer::OutputShape(const Shape& input) const { return input; }
std::vector<Parameter*> Layer::Parameters() { return {}; }
void Layer::Initialize(const Random&) {}
std::vector<Layer::Part> Layer::Parts() const { return {}; }

}  // namespace train
}  // namespace v0
}  // namespace windrow
