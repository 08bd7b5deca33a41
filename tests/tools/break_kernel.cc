#include "tests/tools/break_kernel.h"

#include <sched.h>

#include <bit>
#include <cfenv>
#include <csignal>
#include <cstdint>
#include <map>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "lib/simd/kernels.h"
#include "lib/simd/target.h"
#include "problems/control_bits.h"

namespace windrow::test {
namespace {

using internal::TileArgs;
using internal::TileFn;
using internal::TileSet;

TileFn g_true_tile = nullptr;
int g_lanes = 0, g_core = 0;
constexpr size_t kRows = internal::kMaxTileRows + 1, kTiles = (internal::kMaxTileVecs + 1) * kRows;

void FlipLastBit(float& of) { of = std::bit_cast<float>(std::bit_cast<uint32_t>(of) ^ 1); }

void WrongLane(const TileArgs& args) {
  g_true_tile(args);
  if (args.last) FlipLastBit(*args.y);
}

// Wrong where not all lanes exist, in the last one that does.
void WrongTail(const TileArgs& args) {
  g_true_tile(args);
  if (args.last && args.tail < g_lanes) FlipLastBit(args.y[args.tail - 1]);
}

// Every tile is, since few problems have each of them.
TileSet g_true_tiles;
template <size_t kTile>
void WrongOnOneCore(const TileArgs& args) {
  g_true_tiles.tile[kTile / kRows][kTile % kRows](args);
  if (args.last && sched_getcpu() == g_core) FlipLastBit(*args.y);
}
template <size_t... kTile>
void BreakAllOnOneCore(TileSet& set, std::index_sequence<kTile...>) {
  const auto replace = [](TileFn& tile, TileFn broken) { tile = tile == nullptr ? tile : broken; };
  (replace(set.tile[kTile / kRows][kTile % kRows], WrongOnOneCore<kTile>), ...);
}

void IllegalInstruction(const TileArgs&) {
#if defined(__x86_64__) || defined(__i386__)
  asm volatile("ud2");
#elif defined(__aarch64__)
  asm volatile(".inst 0");
#else
  raise(SIGILL);
#endif
}

void Division(const TileArgs& args) {
#if defined(__x86_64__) || defined(__i386__)
  int zero = args.tail - args.tail;
  asm volatile("" : "+r"(zero));
  volatile int quotient = args.tail / zero;
  static_cast<void>(quotient);
#else
  static_cast<void>(args);
  raise(SIGFPE);
#endif
}

// Reads an element past the last one of y.
void PastTheEnd(const TileArgs& args) {
  g_true_tile(args);
  const volatile float* past = args.y + args.tail;
  if (args.last) static_cast<void>(*past);
}

void EndlessLoop(const TileArgs&) {
  for (volatile bool more = true; more;) {
  }
}

void OtherControlBits(const TileArgs& args) {
  g_true_tile(args);
  problems::SetControlBits(problems::ControlBits() | problems::kFlushToZero);
}

void InvalidFlag(const TileArgs& args) {
  g_true_tile(args);
  std::feraiseexcept(FE_INVALID);
}

void Throws(const TileArgs&) { throw std::runtime_error("the kernel says no"); }

}  // namespace

void BreakKernel(const std::string& how) {
  std::istringstream words(how);
  std::string name, kind;
  words >> name >> kind >> g_core;
  const internal::Target target = internal::FindTarget(name);
  g_lanes = target.lanes;
  const TileSet& tiles = internal::Tiles(target.index, target.fused);
  if (kind == "fused") {  // class U rounds once
    static TileSet fused = tiles;
    internal::ReplaceTilesForTest(target.index, /*fused=*/false, &fused);
    return;
  }
  static const std::map<std::string, TileFn> kKinds = {
      {"lane", WrongLane},        {"tail", WrongTail},
      {"fpe", Division},          {"illegal", IllegalInstruction},
      {"past", PastTheEnd},       {"loop", EndlessLoop},
      {"bits", OtherControlBits}, {"flag", InvalidFlag},
      {"throws", Throws}};
  static TileSet with;
  with = tiles;
  if (kind == "core") {
    g_true_tiles = tiles;
    BreakAllOnOneCore(with, std::make_index_sequence<kTiles>());
    internal::ReplaceTilesForTest(target.index, target.fused, &with);
    return;
  }
  const auto broken = kKinds.find(kind);
  if (broken == kKinds.end()) throw std::invalid_argument("no way to break a kernel: " + how);
  // That of the smallest problems: one output pixel.
  g_true_tile = tiles.panels.tile[1][1];
  with.panels.tile[1][1] = broken->second;
  internal::ReplaceTilesForTest(target.index, target.fused, &with);
}

}  // namespace windrow::test
