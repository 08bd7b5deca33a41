# Builds for another of Debian's architectures with its cross compiler, and with libraries that lie
# unpacked in a folder of their own, so that nothing of this system changes. scripts/test-cpus fills
# that folder and says:
#
#   WINDROW_TRIPLET   s390x-linux-gnu
#   WINDROW_ROOT      the folder, in which usr/lib/s390x-linux-gnu is
#   WINDROW_QEMU      s390x, as in qemu-s390x
#   WINDROW_FLAGS     more of the compiler's, for a CPU
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES
  WINDROW_TRIPLET WINDROW_ROOT WINDROW_QEMU WINDROW_FLAGS)
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR ${WINDROW_QEMU})
set(CMAKE_LIBRARY_ARCHITECTURE ${WINDROW_TRIPLET})
set(CMAKE_CXX_COMPILER ${WINDROW_TRIPLET}-g++)
set(CMAKE_CXX_FLAGS_INIT "-isystem ${WINDROW_ROOT}/usr/include/${WINDROW_TRIPLET} ${WINDROW_FLAGS}")
set(folders "-Wl,-rpath-link,${WINDROW_ROOT}/usr/lib/${WINDROW_TRIPLET}:${WINDROW_ROOT}/lib/${WINDROW_TRIPLET}")
set(CMAKE_EXE_LINKER_FLAGS_INIT ${folders})
set(CMAKE_FIND_ROOT_PATH ${WINDROW_ROOT} ${WINDROW_ROOT}/usr)
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
# pkg-config would name this machine's libraries.
set(ENV{PKG_CONFIG_LIBDIR} ${WINDROW_ROOT}/usr/lib/${WINDROW_TRIPLET}/pkgconfig)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${WINDROW_ROOT})
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-${WINDROW_QEMU};-L;/usr/${WINDROW_TRIPLET};-E;LD_LIBRARY_PATH=${WINDROW_ROOT}/usr/lib/${WINDROW_TRIPLET}:${WINDROW_ROOT}/lib/${WINDROW_TRIPLET})
