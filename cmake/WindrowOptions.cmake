# Compiler options, and the subset of SIMD targets.
include(CheckCXXCompilerFlag)
include(CheckCXXSourceCompiles)

# NEON in 32-bit code flushes denormals to zero and has no division, so its bits would be others:
# there, Highway's own emulation of vectors is the only target.
check_cxx_source_compiles("
#if !defined(__arm__)
#error
#endif
int main() {}" WINDROW_ARM_32)
check_cxx_compiler_flag(-mfp16-format=ieee WINDROW_HAS_FP16_FORMAT)

# For every target of this project.
function(windrow_warnings target)
  target_compile_options(${target} PRIVATE -Wall -Wextra -Wshadow)
  if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    target_compile_options(${target} PRIVATE -Wconversion)
  else()  # sizes are 64 bits everywhere, distances in memory as many as a pointer
    target_compile_options(${target} PRIVATE -Wno-narrowing -Wno-psabi)
  endif()
  if(WINDROW_WERROR)
    target_compile_options(${target} PRIVATE -Werror)
  endif()
endfunction()

# For tests and tools, whose files are small: most of their time to compile goes into the headers,
# and into templates that all of them use. Names must differ within a target, those in unnamed
# namespaces too.
function(windrow_unity target)
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 12)
endfunction()

# Without those of the undefined-behaviour sanitizer's checks that look at every object used, and
# double the time to compile: for code that is not the library's, or that has an object for each
# vector.
function(windrow_few_object_checks target)
  if(CMAKE_CXX_FLAGS MATCHES "fsanitize=[a-z,]*undefined")
    target_compile_options(${target} PRIVATE
      -fno-sanitize=null,alignment,object-size,pointer-overflow,vptr)
  endif()
endfunction()

# For the library. Numerics depend on these: no contraction of a * b + c into one rounding (the
# kernels say which they mean), and no -ffast-math from outside.
function(windrow_library_options target)
  windrow_warnings(${target})
  target_compile_options(${target} PRIVATE -ffp-contract=off -fno-fast-math -fno-math-errno)
  if(CMAKE_SIZEOF_VOID_P EQUAL 4 AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i[3-6]86")
    target_compile_options(${target} PRIVATE -msse2 -mfpmath=sse)  # the x87 unit rounds otherwise
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # Vectors are passed between functions of the same target only.
    target_compile_options(${target} PRIVATE -Wno-psabi)
  endif()
  # GCC clears and copies structs of a few hundred bytes, the kernels' arguments, with `rep stos` and
  # `rep movs`: 33 cycles where a loop of vectors takes 9 (Emerald Rapids, 300 bytes cleared).
  set(blocks vector_loop:512:noalign,libcall:-1:noalign)
  check_cxx_compiler_flag(-mmemset-strategy=${blocks} WINDROW_HAS_BLOCK_STRATEGY)
  if(WINDROW_HAS_BLOCK_STRATEGY)
    target_compile_options(${target} PRIVATE
      -mmemset-strategy=${blocks} -mmemcpy-strategy=${blocks})
  endif()
  # Tuned for no CPU in particular, GCC 12 keeps vectors in memory while half of 32 registers are
  # free: kernels took up to 1.6 times as long (Emerald Rapids).
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i[3-6]86"
     AND NOT CMAKE_CXX_FLAGS MATCHES "-m(tune|arch)=")
    check_cxx_compiler_flag(-mtune=icelake-server WINDROW_HAS_TUNE_ICELAKE)
    if(WINDROW_HAS_TUNE_ICELAKE)
      target_compile_options(${target} PRIVATE -mtune=icelake-server)
    endif()
  endif()
  if(WINDROW_ARM_32)
    target_compile_definitions(${target} PRIVATE HWY_COMPILE_ONLY_EMU128)
    if(WINDROW_HAS_FP16_FORMAT)
      target_compile_options(${target} PRIVATE -mfp16-format=ieee)  # or GCC lacks Highway's __fp16
    endif()
  elseif(NOT WINDROW_TARGETS STREQUAL "all")
    set(kept "")
    foreach(name IN LISTS WINDROW_TARGETS)
      string(APPEND kept "|HWY_${name}")
    endforeach()
    # The baseline, which the compiler may use everywhere, is always compiled.
    target_compile_definitions(${target} PRIVATE
      "HWY_DISABLED_TARGETS=(~(HWY_BASELINE_TARGETS${kept}))")
  endif()
endfunction()

if(CMAKE_CXX_FLAGS MATCHES "fsanitize=thread")
  set_source_files_properties(lib/base/parallel.cc PROPERTIES
    COMPILE_OPTIONS -fno-sanitize=thread COMPILE_DEFINITIONS WINDROW_TSAN)
endif()

# For tests, and what they share.
function(windrow_test_options target)
  windrow_library_options(${target})
  windrow_unity(${target})
  windrow_few_object_checks(${target})
endfunction()

# For what is compiled once a SIMD target, besides.
function(windrow_kernel_options target)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The micro-kernels are vectors as they stand. What GCC 12 makes of scalar ones may read past the
    # data: pairs of floats, a step apart, with the pair that would come next.
    target_compile_options(${target} PRIVATE -fno-tree-vectorize)
    # GCC inlines the less the smaller a file is. In one of its own, the lambda in the innermost loop
    # of strips (strip-inl.h) is called for each row.
    target_compile_options(${target} PRIVATE --param=inline-unit-growth=400)
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      # GCC 12 crashes in that pass on addresses of SVE vectors (window-inl.h).
      set_source_files_properties(lib/simd/pool_window_kernels.cc PROPERTIES
        COMPILE_OPTIONS -fno-ivopts)
    endif()
  endif()
  windrow_few_object_checks(${target})
  if(CMAKE_CXX_FLAGS MATCHES "fsanitize=[a-z,]*address")
    # Each function inlined there has variables whose scope ends. To watch them takes four times as
    # long to compile, and no kernel keeps a pointer to one.
    target_compile_options(${target} PRIVATE -fno-sanitize-address-use-after-scope)
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
      # Calls a function for each access, instead of looking itself: two thirds of the time.
      target_compile_options(${target} PRIVATE --param=asan-instrumentation-with-call-threshold=0)
    endif()
  endif()
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64|i[3-6]86")
    # The micro-kernels see to that themselves, lib/simd/zero_upper.h.
    check_cxx_compiler_flag(-mno-vzeroupper WINDROW_HAS_NO_VZEROUPPER)
    if(WINDROW_HAS_NO_VZEROUPPER)
      target_compile_options(${target} PRIVATE -mno-vzeroupper)
    endif()
  endif()
endfunction()

find_program(WINDROW_CCACHE ccache)
if(WINDROW_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${WINDROW_CCACHE})
endif()
