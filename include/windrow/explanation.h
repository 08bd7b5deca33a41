// Why a call of an operation runs the way it does.
#ifndef WINDROW_EXPLANATION_H_
#define WINDROW_EXPLANATION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "windrow/export.h"
#include "windrow/tensor.h"

namespace windrow {
inline namespace v0 {

struct WINDROW_API Explanation {
  struct Candidate {
    std::string algorithm{};  // of another plan than its best by estimate "NAME/WHAT DIFFERS"
    bool accepts = false;
    std::string reason{};  // why not, or what it would do
    double cycles = 0;     // of one that accepts: about how many on one thread; the least is chosen
    double microseconds = 0;  // of a Run, if it was measured: the fastest
  };
  std::string algorithm{};  // the one that runs, as the candidates are called
  std::string target{};     // the SIMD target the object is bound to, as cpu::Targets() names it
  std::string numerics{};   // "fused" (class F) or "unfused" (class U); "" of poolings
  std::string tile{};       // the register tile: "6 rows x 4 vectors of 16 lanes"; "scalar"; of
                            // poolings a block: "8 x 56 outputs of 64 channels"
  Shape output{};
  int64_t multiply_adds = 0;  // in all, those on padding included; 0 of poolings
  std::string chosen_by{};    // "estimate", "measurement", "wisdom" or "force"
  std::string wisdom_note{};  // why wisdom (tuning.h) was ignored, if it was
  std::string call{};         // what wisdom knows the call by; "" if it does not know such calls
  // All algorithms; with Tuning::kMeasure, or if the plan is one of them, also the other plans that
  // they have of this call.
  std::vector<Candidate> candidates{};
  std::string ToString() const;
};

}  // namespace v0
}  // namespace windrow

#endif  // WINDROW_EXPLANATION_H_
