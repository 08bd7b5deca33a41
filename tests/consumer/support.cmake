# What these tests share. Each is given WORK, a folder of its own, CXX and GENERATOR.
set(consumer ${CMAKE_CURRENT_LIST_DIR})
cmake_path(SET source NORMALIZE ${consumer}/../..)
file(REMOVE_RECURSE ${WORK})
file(MAKE_DIRECTORY ${WORK})

function(run)
  execute_process(COMMAND ${ARGN} WORKING_DIRECTORY ${WORK} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

function(configure from tree)
  run(${CMAKE_COMMAND} -S ${from} -B ${tree} -G ${GENERATOR} -DCMAKE_CXX_COMPILER=${CXX}
      -DCMAKE_BUILD_TYPE=Release ${ARGN})
endfunction()

# Fails unless it fails and says so.
function(refuse message from tree)
  execute_process(COMMAND ${CMAKE_COMMAND} -S ${from} -B ${tree} -G ${GENERATOR}
      -DCMAKE_CXX_COMPILER=${CXX} -DCMAKE_BUILD_TYPE=Release ${ARGN}
    RESULT_VARIABLE result ERROR_VARIABLE error OUTPUT_QUIET)
  string(REGEX REPLACE "[ \n]+" " " error "${error}")
  if(result EQUAL 0 OR NOT error MATCHES "${message}")
    message(FATAL_ERROR "configured with ${ARGN}: exit ${result}, not \"${message}\": ${error}")
  endif()
endfunction()

# Builds and runs the consumer against the package in `prefix`: by find_package, and by pkg-config,
# which is told where to look and nothing else.
function(use prefix)
  message(STATUS "${prefix} by find_package")
  configure(${consumer} ${WORK}/build -DCMAKE_PREFIX_PATH=${prefix})
  run(${CMAKE_COMMAND} --build ${WORK}/build)
  run(${WORK}/build/consumer)
  file(REMOVE_RECURSE ${WORK}/build)

  find_program(PKG_CONFIG pkg-config REQUIRED)
  file(GLOB_RECURSE pc ${prefix}/windrow.pc)
  cmake_path(GET pc PARENT_PATH packages)
  cmake_path(GET packages PARENT_PATH libraries)
  foreach(static "" --static)
    message(STATUS "${prefix} by pkg-config ${static}")
    execute_process(
      COMMAND ${CMAKE_COMMAND} -E env PKG_CONFIG_PATH=${packages}
              ${PKG_CONFIG} ${static} --cflags --libs windrow
      OUTPUT_VARIABLE flags OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run(${CXX} -std=c++20 ${consumer}/consumer.cc -o ${WORK}/by_pkg_config ${flags})
    run(${CMAKE_COMMAND} -E env LD_LIBRARY_PATH=${libraries} ${WORK}/by_pkg_config)
  endforeach()
endfunction()

# Runs the installed program, if there is one, which finds its library.
function(run_program prefix)
  if(EXISTS ${prefix}/bin/windrow)
    run(${CMAKE_COMMAND} -E env --unset=LD_LIBRARY_PATH ${prefix}/bin/windrow ${ARGN})
  endif()
endfunction()

# Installs `build` a component at a time, moves the installed tree, and uses it.
function(check_installed build)
  file(REMOVE_RECURSE ${WORK}/all ${WORK}/runtime ${WORK}/parts "${WORK}/moved here")
  run(${CMAKE_COMMAND} --install ${build} --prefix ${WORK}/all)
  run(${CMAKE_COMMAND} --install ${build} --prefix ${WORK}/runtime --component runtime)
  run(${CMAKE_COMMAND} --install ${build} --prefix ${WORK}/parts --component runtime)
  run(${CMAKE_COMMAND} --install ${build} --prefix ${WORK}/parts --component dev)
  file(GLOB_RECURSE all RELATIVE ${WORK}/all ${WORK}/all/*)
  file(GLOB_RECURSE parts RELATIVE ${WORK}/parts ${WORK}/parts/*)
  if(NOT all STREQUAL parts)
    message(FATAL_ERROR "without a component: ${all}\nruntime and dev: ${parts}")
  endif()
  file(GLOB_RECURSE dev ${WORK}/runtime/*.h ${WORK}/runtime/*.a ${WORK}/runtime/*.so
    ${WORK}/runtime/*.cmake ${WORK}/runtime/*.pc)
  if(dev)
    message(FATAL_ERROR "the component runtime has ${dev}")
  endif()

  file(RENAME ${WORK}/parts "${WORK}/moved here")
  use("${WORK}/moved here")
  run_program("${WORK}/moved here" layers --net lenet)  # and its shape files
endfunction()
