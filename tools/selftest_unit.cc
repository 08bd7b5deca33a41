#include "tools/selftest_unit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <sstream>
#include <stdexcept>

#include "windrow/cpu.h"

namespace windrow::tool {
namespace {

// What a target gives for the frozen corpus, by class.
using ClassDigests = std::array<Digest, 2>;

Digest* DigestOf(ClassDigests& digests, const Unit& unit, const CaseId& id,
                 const ProblemList& list) {
  const bool whole = unit.is_reference() || unit.algorithm == "auto";
  const bool counts = whole && id.layout == Layout::kNchw && id.problem < list.frozen;
  return counts ? &digests[id.fused ? 1 : 0] : nullptr;
}

// Several threads for what a user gets, one for the algorithms, whose traces can then be seen.
int ThreadsOf(const Unit& unit) { return unit.algorithm == "auto" ? 0 : 1; }

problems::Edge EdgeOf(const CaseId& id) {
  const bool even = id.problem % 2 == 0;
  return even == (id.layout == Layout::kNchw) ? problems::Edge::kEnd : problems::Edge::kStart;
}

void RunCase(const Unit& unit, const CaseId& id, Case& of, CallRoom& room, Digest* digest,
             Listener& listener) {
  const Way way = WayOf(unit, id.fused, id.layout);
  room.SetEdge(EdgeOf(id));
  bool started = false;
  try {
    if (!of.Accepts(way, room)) return;
    listener.Starts(id);
    started = true;
    const Output output = of.Compute(way, room);
    const std::string complaint = room.TakeComplaint();
    if (!complaint.empty()) listener.Complains(id, complaint);
    if (digest != nullptr) Add(output, *digest);
    listener.Gives(id, HashOf(output));
  } catch (const std::exception& e) {
    if (!started) listener.Starts(id);
    listener.Throws(id, e.what());
  }
}

}  // namespace

const char* ToString(BitsClass c) {
  static constexpr const char* kNames[] = {"conv/F",     "conv/U",     "pool",
                                           "gradient/F", "gradient/U", "pool-gradient",
                                           "training/F", "training/U"};
  return kNames[static_cast<size_t>(c)];
}

BitsClass ClassOf(Operation op, bool fused) {
  switch (op) {
    case Operation::kConvolution:
      return fused ? BitsClass::kFused : BitsClass::kUnfused;
    case Operation::kPooling:
      return BitsClass::kPooling;
    case Operation::kGradient:
      return fused ? BitsClass::kFusedGradient : BitsClass::kUnfusedGradient;
    case Operation::kPoolGradient:
      return BitsClass::kPoolGradient;
    case Operation::kTraining:
      break;
  }
  return fused ? BitsClass::kFusedTraining : BitsClass::kUnfusedTraining;
}

std::string ToString(const Unit& unit) {
  return fmt::format("{} {} {}", ToString(unit.op), unit.target.empty() ? "-" : unit.target,
                     unit.algorithm);
}

Unit ParseUnit(const std::string& text) {
  std::istringstream words(text);
  std::string name;
  Unit unit;
  words >> name >> unit.target >> unit.algorithm;
  if (unit.target == "-") unit.target = "";
  for (const Operation op : kOperations) {
    if (name == ToString(op)) unit.op = op;
  }
  return unit;
}

ProblemList ProblemsOf(Operation op, const CorpusChoice& choice) {
  if (!choice.problem.empty()) return {{choice.problem}, 0};
  const Subject& subject = SubjectOf(op);
  ProblemList list{subject.Corpus(choice.quick), 0};
  list.frozen = list.texts.size();
  Random random(static_cast<uint64_t>(choice.seed) * 5 + static_cast<uint64_t>(op));
  for (int i = 0; i < choice.repeat; ++i) list.texts.push_back(subject.RandomProblem(random));
  return list;
}

std::vector<bool> ClassesOn(Operation op, const std::string& target) {
  if (!HasClasses(op)) return {false};
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.name == target && t.fused) return {true, false};
  }
  return {false};
}

std::string ReferenceTarget(Operation op, bool fused) {
  std::string least;
  for (const cpu::TargetInfo& t : cpu::Targets()) {
    if (t.usable && (t.fused || !fused) && (HasClasses(op) || !fused)) least = t.name;
  }
  return least;
}

Way WayOf(const Unit& unit, bool fused, Layout layout) {
  Way way{.target = unit.is_reference() ? ReferenceTarget(unit.op, fused) : unit.target,
          .algorithm = unit.algorithm,
          .layout = layout};
  // The target's own class, or class U by choice.
  if (HasClasses(unit.op) && !fused && ClassesOn(unit.op, way.target).size() == 2) {
    way.numerics = Numerics::kPortable;
  }
  return way;
}

void RunUnit(const Unit& unit, const CorpusChoice& choice, Listener& listener) {
  const ProblemList list = ProblemsOf(unit.op, choice);
  std::vector<bool> classes;
  if (!unit.is_reference()) {
    classes = ClassesOn(unit.op, unit.target);
  } else {
    for (const bool fused : {true, false}) {
      if (!ReferenceTarget(unit.op, fused).empty()) classes.push_back(fused);
    }
  }
  CallRoom room(ThreadsOf(unit), choice.guards);
  ClassDigests digests;
  for (CaseId id; id.problem < list.texts.size(); ++id.problem) {
    const std::unique_ptr<Case> of = SubjectOf(unit.op).Make(list.texts[id.problem]);
    for (const bool fused : classes) {
      id.fused = fused;
      for (const Layout layout : {Layout::kNchw, Layout::kNhwc}) {
        if (unit.is_reference() && layout != Layout::kNchw) continue;
        id.layout = layout;
        RunCase(unit, id, *of, room, DigestOf(digests, unit, id, list), listener);
      }
    }
  }
  if (list.frozen == 0 || !(unit.is_reference() || unit.algorithm == "auto")) return;
  for (const bool fused : classes) listener.Digests(fused, digests[fused ? 1 : 0].Finish());
}

std::optional<Finding> Examine(const Unit& unit, bool fused, Layout layout,
                               const CorpusChoice& choice) {
  const std::unique_ptr<Case> of = SubjectOf(unit.op).Make(choice.problem);
  const Way way = WayOf(unit, fused, layout);
  Unit reference = unit;
  reference.algorithm = "reference";
  CallRoom plain(/*threads=*/1, choice.guards);
  const Output expected = of->Compute(WayOf(reference, fused, Layout::kNchw), plain);
  // At one end of the memory, then at the other.
  for (const problems::Edge edge : {problems::Edge::kEnd, problems::Edge::kStart}) {
    CallRoom room(ThreadsOf(unit), choice.guards);
    room.SetEdge(edge);
    try {
      if (!of->Accepts(way, room)) return std::nullopt;
      const Output computed = of->Compute(way, room);
      if (auto difference = Compare(expected, computed)) {
        return Finding{"differs from the reference", difference};
      }
    } catch (const std::exception& e) {
      return Finding{std::string("throws: ") + e.what()};
    }
    const std::string complaint = room.TakeComplaint();
    if (!complaint.empty()) return Finding{complaint};
  }
  return std::nullopt;
}

}  // namespace windrow::tool
