#include "lib/pool/calls.h"

#include <initializer_list>

#include "lib/base/error.h"
#include "lib/base/overlap.h"

namespace windrow::internal {
namespace {

void RequireDistinct(const char* what, const ViewBase& view) {
  const Strides& s = view.strides();
  Require(!MayOverlapItself(view), what, " overlap each other: strides n ", s.n, ", c ", s.c,
          ", h ", s.h, ", w ", s.w, " for the shape ", view.shape());
}

struct Named {
  const char* name;
  const ViewBase& view;
};

// `overlaps` begins the message if some of this memory, a view or the workspace, is theirs.
template <class Memory>
void RequireApart(const char* overlaps, const Memory& memory, std::initializer_list<Named> views) {
  for (const auto& [name, view] : views) {
    Require(!MayOverlap(memory, view), overlaps, name, " in memory");
  }
}

// That y, or dy, is what the pooling gives.
void RequireOutput(const char* name, const ViewBase& view, const Shape& output) {
  Require(view.shape() == output, name, " has the shape ", view.shape(), ", the pooling gives ",
          output);
}

void RequireIndices(const ViewBase& indices, bool average, const char* name, const Shape& output) {
  Require(!average, "there is a view for indices, but an average has none");
  Require(indices.shape() == output, "indices have the shape ", indices.shape(), ", ", name,
          " has ", output);
}

}  // namespace

void CheckOverlap(const PoolArgs& args) {
  const Named x{"x", args.x}, y{"y", args.y}, indices{"the indices", args.indices};
  RequireApart("y overlaps ", args.y, {x});
  RequireApart("the indices overlap ", args.indices, {x, y});
  RequireApart("the workspace overlaps ", args.workspace, {x, y, indices});
}

void CheckOverlap(const PoolBackwardArgs& args) {
  const Named dy{"dy", args.dy}, dx{"dx", args.dx}, indices{"the indices", args.indices};
  RequireApart("dx overlaps ", args.dx, {dy, indices});
  RequireApart("the workspace overlaps ", args.workspace, {dy, dx, indices});
}

PoolShape CheckedShape(const PoolOp& op, const PoolArgs& args) {
  Require(!args.x.empty(), "there is no input view x");
  const Shape& x = args.x.shape();
  const PoolGeometry g = ResolveGeometry(op, x);
  const Shape output(x.n(), x.c(), g.h.out, g.w.out);
  Require(!args.y.empty(), "there is no output view y");
  RequireOutput("y", args.y, output);
  RequireDistinct("elements of y", args.y);
  if (!args.indices.empty()) {
    RequireIndices(args.indices, op.average, "y", output);
    RequireDistinct("indices", args.indices);
  }
  CheckOverlap(args);
  return ShapeOf(op, x, g, args.x.strides(), args.y.strides(), args.indices);
}

PoolShape CheckedShape(const PoolOp& op, const PoolBackwardArgs& args) {
  Require(!args.dx.empty(), "there is no view dx");
  const Shape& x = args.dx.shape();
  const PoolGeometry g = ResolveGeometry(op, x);
  const Shape output(x.n(), x.c(), g.h.out, g.w.out);
  Require(!args.dy.empty(), "there is no view dy");
  RequireOutput("dy", args.dy, output);
  RequireDistinct("elements of dx", args.dx);
  Require(op.average || !args.indices.empty(),
          "there is no view of indices, which the gradient of a maximum of ", output, " needs");
  if (!args.indices.empty()) RequireIndices(args.indices, op.average, "dy", output);
  CheckOverlap(args);
  return ShapeOf(op, x, g, args.dx.strides(), args.dy.strides(), args.indices);
}

}  // namespace windrow::internal
