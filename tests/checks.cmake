# Tests that look at the build itself: the kernels' machine code, the installed package, what
# configuring says, and where the operating system is asked. A user would not link a sanitizer's
# build, and the consumer is built for this machine.
if(CMAKE_CXX_FLAGS MATCHES "-fsanitize" OR CMAKE_CROSSCOMPILING)
  return()
endif()
function(windrow_consumer_test name script)
  add_test(NAME ${name} COMMAND ${CMAKE_COMMAND}
    -DBUILD=${PROJECT_BINARY_DIR} -DWORK=${PROJECT_BINARY_DIR}/consumer/${script}
    -DCXX=${CMAKE_CXX_COMPILER} -DGENERATOR=${CMAKE_GENERATOR} -DTOOLS=${WINDROW_BUILD_TOOLS}
    -P ${PROJECT_SOURCE_DIR}/tests/consumer/${script}.cmake)
endfunction()
windrow_consumer_test(InstalledPackage package)
windrow_consumer_test(InstalledPackage.Shared shared)
windrow_consumer_test(Configure configure)

add_test(NAME PlatformInOneFile COMMAND ${CMAKE_COMMAND} -DLIB=${PROJECT_SOURCE_DIR}/lib
  -P ${PROJECT_SOURCE_DIR}/tests/platform.cmake)

find_package(Python3 COMPONENTS Interpreter)
if(Python3_FOUND)
  add_test(NAME FitCosts COMMAND ${Python3_EXECUTABLE}
    ${PROJECT_SOURCE_DIR}/tests/tools/fit_costs_test.py ${PROJECT_SOURCE_DIR}/scripts/fit-costs)
endif()
# By Debian's Python, which has the packages that scripts/report installs; or not, then these are skipped.
find_program(WINDROW_SYSTEM_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
if(WINDROW_SYSTEM_PYTHON)
  foreach(part stats run page)
    add_test(NAME Report.${part} COMMAND ${WINDROW_SYSTEM_PYTHON}
      ${PROJECT_SOURCE_DIR}/tests/tools/report_${part}_test.py ${PROJECT_SOURCE_DIR}/scripts)
    set_tests_properties(Report.${part} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
  endforeach()
endif()
if(Python3_FOUND AND CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  set(check_kernels ${Python3_EXECUTABLE} ${PROJECT_SOURCE_DIR}/scripts/check-kernels)
  add_test(NAME KernelsStayInRegisters
    COMMAND ${check_kernels} $<TARGET_OBJECTS:windrow_kernels> COMMAND_EXPAND_LISTS)
  add_library(spilling_tile OBJECT ${PROJECT_SOURCE_DIR}/tests/base/spilling_tile.cc)
  target_compile_features(spilling_tile PRIVATE cxx_std_20)
  add_test(NAME KernelsStayInRegisters.CanFail
    COMMAND ${check_kernels} $<TARGET_OBJECTS:spilling_tile>)
  set_tests_properties(KernelsStayInRegisters.CanFail PROPERTIES
    PASS_REGULAR_EXPRESSION
    "Clears.* uses vector registers.*Calls.* calls .*Clears.*N_SPILLS 6 x 4 fused: .*%rsp")
endif()
