// Kernels as bad as scripts/check-kernels must find them: the inner loop of a register tile goes
// through the stack, and upper halves of vector registers are cleared where they are in use.
namespace windrow::internal::N_SPILLS {

template <int kRows, int kVecs, bool kFused>
__attribute__((noinline)) float Tile(const float* a, long n) {
  volatile float on_the_stack = 0;
  for (long i = 0; i < n; ++i) on_the_stack = on_the_stack * a[i];
  return on_the_stack;
}

template float Tile<6, 4, true>(const float*, long);

__attribute__((noinline)) void Clears(float* y) {
  asm volatile("vzeroupper; vmovups %%ymm0, %0" : "=m"(*y));
}
void Calls(float* y) {
  Clears(y);
  ++*y;
}

}  // namespace windrow::internal::N_SPILLS
