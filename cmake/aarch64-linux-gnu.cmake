# Builds for aarch64 with Debian's multiarch packages, and runs the result under qemu-user:
#
#   cmake --preset release -B build/aarch64 --toolchain cmake/aarch64-linux-gnu.cmake
#
# With clang, add -DCMAKE_CXX_COMPILER=clang++.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
if(NOT CMAKE_CXX_COMPILER)
  set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
endif()
set(CMAKE_CXX_COMPILER_TARGET aarch64-linux-gnu)  # for clang
# Some find modules ask pkg-config first, which would name this machine's libraries.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)
