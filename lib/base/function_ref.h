// A reference to a callable: two words, no allocation. Valid while the callable lives.
#ifndef WINDROW_LIB_BASE_FUNCTION_REF_H_
#define WINDROW_LIB_BASE_FUNCTION_REF_H_

#include <memory>
#include <type_traits>
#include <utility>

namespace windrow::internal {

template <typename Signature>
class FunctionRef;

template <typename R, typename... Args>
class FunctionRef<R(Args...)> {
 public:
  template <typename F>
  requires(!std::is_same_v<std::remove_cvref_t<F>, FunctionRef>)
      FunctionRef(F&& f)  // NOLINT(google-explicit-constructor)
      : object_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::remove_reference_t<F>*>(object))(std::forward<Args>(args)...);
        }) {}
  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_;
  R (*call_)(void*, Args...);
};

}  // namespace windrow::internal

#endif  // WINDROW_LIB_BASE_FUNCTION_REF_H_
