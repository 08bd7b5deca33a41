#include "lib/conv/run_args.h"

#include "lib/base/error.h"
#include "lib/base/overlap.h"

namespace windrow::internal {

void CheckShapes(const RunArgs& args, const Shape& output, const char* gives) {
  Require(!args.y.empty(), "there is no output view y");
  Require(args.y.shape() == output, "y has the shape ", args.y.shape(), ", ", gives, " ", output);
  Require(!MayOverlapItself(args.y), "elements of y overlap each other: strides n ",
          args.y.strides().n, ", c ", args.y.strides().c, ", h ", args.y.strides().h, ", w ",
          args.y.strides().w, " for the shape ", output);
  Require(args.residual.empty() || args.residual.shape() == output, "the residual has the shape ",
          args.residual.shape(), ", y has ", output);
}

void CheckOverlap(const RunArgs& args) {
  Require(!MayOverlap(args.x, args.y), "y overlaps x in memory");
  if (!args.workspace.empty()) {
    const auto meets = [&](const ConstTensorView& v) { return MayOverlap(args.workspace, v); };
    Require(!meets(args.x), "the workspace overlaps x in memory");
    Require(!meets(args.y), "the workspace overlaps y in memory");
    Require(args.residual.empty() || !meets(args.residual),
            "the workspace overlaps the residual in memory");
  }
  if (args.residual.empty()) return;
  Require(SameElements(args.residual, args.y) || !MayOverlap(args.residual, args.y),
          "y overlaps the residual in memory without being the same view");
}

ResidualPlace PlaceOf(const RunArgs& a) {
  if (a.residual.empty()) return ResidualPlace::kNone;
  return a.residual.data() == a.y.data() ? ResidualPlace::kInY : ResidualPlace::kElsewhere;
}

}  // namespace windrow::internal
