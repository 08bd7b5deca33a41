// What the process knows of calls (windrow/tuning.h), as the planner sees it.
#ifndef WINDROW_LIB_BASE_WISDOM_H_
#define WINDROW_LIB_BASE_WISDOM_H_

#include <functional>
#include <map>
#include <memory>
#include <string>

namespace windrow::internal {

struct Wisdom {
  std::map<std::string, std::string, std::less<>> plans;  // the name of the best, by the call
  std::string complaint;  // why what WINDROW_WISDOM names was ignored
};

// For an object that is built now; null if nothing is known and there is nothing to complain about.
std::shared_ptr<const Wisdom> CurrentWisdom();

// Forgets everything and that WINDROW_WISDOM was read.
void ForgetEnvironmentForTest();

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_WISDOM_H_
