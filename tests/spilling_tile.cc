// A register tile as bad as scripts/check-kernels must find it: its inner loop goes through the
// stack.
namespace windrow::internal::N_SPILLS {

template <int kRows, int kVecs, bool kFused>
__attribute__((noinline)) float Tile(const float* a, long n) {
  volatile float on_the_stack = 0;
  for (long i = 0; i < n; ++i) on_the_stack = on_the_stack * a[i];
  return on_the_stack;
}

template float Tile<6, 4, true>(const float*, long);

}  // namespace windrow::internal::N_SPILLS
