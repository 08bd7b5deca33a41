#include "tools/selftest_recorded.h"

#include <array>

namespace windrow::tool {
namespace {

// By class. A change of a corpus changes them, and kCorpusVersion; nothing else may.
using Recorded = std::array<const char*, kBitsClasses>;
constexpr Recorded kFull = {"8ee4e009028ca942c02ebbdfeb778f9f0e721019457e800338b587ac7549d583",
                            "9b8f9b47bc617c7e5692844630f767e4c3358e69f96a4b4c3bfa44ccc9035cca",
                            "163cbb0b390900a802e00d99bc40b413618ef310b6ba019fb42fa2a578991215",
                            "a7a07b24251d48461dc749628ae4de3d13105a679c06263dd13d5a36f8fb88a0",
                            "868641195834e4ee7d9481da17f0e9c8e3cd153c15949956ad941184dfc091d9",
                            "94b72841a9a8ccf66dceaa3e9f3cc48b0122aebacac0af4a0a114d38c4b4be1b",
                            "bb51368ed870c342c8735aefda69acdaa9d20a0dc3fd283576e439c1b186f8d7",
                            "a93126264a93e77e1c26cf7b703d0d5c012892afe56b7cb10a2e5e33dff9feae"};
constexpr Recorded kQuick = {"5a3c1cd14b2d1c07dbad76bb2b67312619ec57dd05c1d0e299a6294735cc7883",
                             "5b5b0f7bdf25643b9ec1e0467341995f82d4651a82348648e79651ead896ed50",
                             "268733c49ff72bd94e992a9756b6943a7a8e12c4012e3bef2db883e5d96a5b8c",
                             "3e583fd856466a2b1f534545cc7bdf0b8725da7ef87dcd9b21dcffa677df92e8",
                             "794b0bfc582f3bd0d8ddea12f5144577dfb5a45f9042bee6547d3eb28cd1e4c1",
                             "5646e76394e08d7e89c01a6e1b9257e7ee1d93abef0f9e9b213204c3b428d1c1",
                             "2572dcfc834f997d6baf785e7adb095e4793ed9549f9cc387c331ff3b25fcf14",
                             "719cf9b54cc6e131d882eae9476b4afb0dcd28a0c224b5c1b860d23262aa84ff"};

}  // namespace

std::string RecordedDigest(BitsClass c, bool quick) {
  return (quick ? kQuick : kFull)[static_cast<size_t>(c)];
}

}  // namespace windrow::tool
