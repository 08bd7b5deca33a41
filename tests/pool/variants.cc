#include "tests/pool/variants.h"

#include <map>
#include <tuple>

#include "tests/pool/harness.h"

namespace windrow::test {
namespace {

std::vector<PoolProblem> Everyday() {
  const PoolProblem image{.c = 16, .ih = 12, .iw = 12};
  std::vector<PoolProblem> p(6, image);
  p[0].kernel = 2;
  p[1].kernel = 3, p[1].stride = 2, p[1].padding = 1;
  p[2].kernel = 3, p[2].stride = 1, p[2].padding = 1;
  p[3].kernel = 5, p[3].stride = 1, p[3].padding = 2;
  p[4].kernel = 12;
  p[5].adaptive = true, p[5].output_size = 5;
  return p;
}

}  // namespace

std::vector<std::string> PoolAlgorithmsToTest() {
  std::vector<std::string> names = PoolAlgorithms();
  std::erase(names, "reference");
  names.emplace_back("auto");
  return names;
}

bool TakesEveryday(const std::string& algorithm, Layout layout, Reduction reduction) {
  if (algorithm == "auto") return true;
  // Asked for once a sweep and variant.
  static std::map<std::tuple<std::string, Layout, Reduction>, bool> known;
  const auto [found, unknown] = known.try_emplace({algorithm, layout, reduction}, false);
  if (!unknown) return found->second;
  for (PoolProblem p : Everyday()) {
    p.reduction = reduction;
    p.SetLayout(layout);
    found->second |= Accepts(p, algorithm);
  }
  return found->second;
}

}  // namespace windrow::test
