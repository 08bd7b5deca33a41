#include "lib/pool/gradients.h"

#include "lib/base/error.h"
#include "lib/base/overlap.h"

namespace windrow::internal {
namespace {

// What depends on shapes and strides only.
void CheckShapes(const PoolBackwardArgs& args, const Shape& output, bool average) {
  Require(!args.dy.empty(), "there is no view dy");
  Require(args.dy.shape() == output, "dy has the shape ", args.dy.shape(), ", the pooling gives ",
          output);
  const Strides& s = args.dx.strides();
  Require(!MayOverlapItself(args.dx), "elements of dx overlap each other: strides n ", s.n, ", c ",
          s.c, ", h ", s.h, ", w ", s.w, " for the shape ", args.dx.shape());
  Require(!average || args.indices.empty(), "there is a view of indices, but an average has none");
  if (average) return;
  Require(!args.indices.empty(), "there is no view of indices, which the gradient of a maximum of ",
          output, " needs");
  Require(args.indices.shape() == output, "indices have the shape ", args.indices.shape(),
          ", dy has ", output);
}

void CheckOverlap(const PoolBackwardArgs& args) {
  Require(!MayOverlap(args.dy, args.dx), "dx overlaps dy in memory");
  const bool indices = !args.indices.empty();
  Require(!indices || !MayOverlap(args.indices, args.dx), "dx overlaps the indices in memory");
  if (args.workspace.empty()) return;
  Require(!MayOverlap(args.workspace, args.dy), "the workspace overlaps dy in memory");
  Require(!MayOverlap(args.workspace, args.dx), "the workspace overlaps dx in memory");
  Require(!indices || !MayOverlap(args.workspace, args.indices),
          "the workspace overlaps the indices in memory");
}

constexpr Strategy<PoolShape, PoolBackwardBuffers> kStrategies[] = {
    {"rows", "rows and columns of dx, which find what outputs add to them", ConsiderBackwardRows},
    {"reference", "scalar, for any problem", ConsiderBackwardReference},
};

}  // namespace

const Registry<PoolShape, PoolBackwardBuffers>& PoolBackwardRegistry() {
  static constexpr Registry<PoolShape, PoolBackwardBuffers> kRegistry("pooling backward",
                                                                      kStrategies);
  return kRegistry;
}

PoolShape PoolGradients::CheckedShape(const PoolBackwardArgs& args) const {
  Require(!args.dx.empty(), "there is no view dx");
  const Shape& x = args.dx.shape();
  const PoolGeometry g = ResolveGeometry(op_, x);
  CheckShapes(args, Shape(x.n(), x.c(), g.h.out, g.w.out), op_.average);
  CheckOverlap(args);
  return ShapeOf(op_, x, g, args.dx.strides(), args.dy.strides(), args.indices);
}

void PoolGradients::Run(const PoolBackwardArgs& args) {
  const PoolKey key(args.dx, args.dy, args.indices);
  decltype(planner_)::Planned planned;
  if (planner_.Find(key, planned)) {
    CheckOverlap(args);
  } else {
    const PoolShape shape = CheckedShape(args);
    if (args.dx.shape().elements() == 0) return;
    planned = planner_.Make(key, shape);
  }
  planner_.Run(planned,
               {.dy = args.dy.data(),
                .indices = args.indices.data(),
                .dx = args.dx.data(),
                .scratch = nullptr},
               args.workspace);
}

size_t PoolGradients::WorkspaceBytes(const PoolBackwardArgs& args, int threads) const {
  return planner_.WorkspaceBytes(CheckedShape(args), threads);
}

Explanation PoolGradients::Explain(const PoolBackwardArgs& args) const {
  Explanation e = planner_.Explain(PoolKey(args.dx, args.dy, args.indices), CheckedShape(args));
  e.output = args.dx.shape();
  return e;
}

}  // namespace windrow::internal

namespace windrow {
inline namespace v0 {

std::vector<std::string> PoolBackwardAlgorithms() {
  return internal::PoolBackwardRegistry().Names();
}

}  // namespace v0
}  // namespace windrow
