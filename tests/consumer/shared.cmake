# The same with a shared library, linked from the objects of the build, which are the same.
#   cmake -DBUILD=... -DWORK=... -DCXX=... -DGENERATOR=... -DTOOLS=... -P shared.cmake
include(${CMAKE_CURRENT_LIST_DIR}/support.cmake)

set(tree ${WORK}/tree)
configure_file(${consumer}/reuse.in ${WORK}/reuse @ONLY
  FILE_PERMISSIONS OWNER_READ OWNER_WRITE OWNER_EXECUTE)
configure(${source} ${tree} -DBUILD_SHARED_LIBS=ON -DCMAKE_CXX_COMPILER_LAUNCHER=${WORK}/reuse
  -DWINDROW_BUILD_TOOLS=${TOOLS} -DWINDROW_BUILD_TESTS=OFF -DWINDROW_BUILD_BENCH=OFF)
run(${CMAKE_COMMAND} --build ${tree})
check_installed(${tree})

# Folders that are not below the prefix.
set(prefix "${WORK}/not movable")
run(${CMAKE_COMMAND} ${tree} "-DCMAKE_INSTALL_PREFIX=${prefix}"
    "-DCMAKE_INSTALL_LIBDIR=${prefix}/lib" "-DCMAKE_INSTALL_INCLUDEDIR=${prefix}/headers")
run(${CMAKE_COMMAND} --build ${tree})
run(${CMAKE_COMMAND} --install ${tree})
use(${prefix})
run_program(${prefix} explain ic8 oc8 k3 i8)
