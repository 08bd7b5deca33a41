# What can be said before anything is compiled.
#   cmake -DWORK=... -DCXX=... -DGENERATOR=... -P configure.cmake
include(${CMAKE_CURRENT_LIST_DIR}/support.cmake)

# Wrong names of SIMD targets, and names that this compiler does not make, are told with the right ones.
set(alone -DWINDROW_BUILD_TESTS=OFF -DWINDROW_BUILD_TOOLS=OFF -DWINDROW_BUILD_BENCH=OFF)
refuse("WINDROW_TARGETS has \"AVX5\".* Give all, or some of [A-Z][A-Z0-9_, ]+"
  ${source} ${WORK}/wrong ${alone} -DWINDROW_TARGETS=AVX5)
refuse("WINDROW_TARGETS has \"WASM\"" ${source} ${WORK}/wrong ${alone} -DWINDROW_TARGETS=WASM)

# As a part of a user's project, with installed dependencies and with ones in that project's tree,
# where packages must not be looked for.
foreach(in_tree OFF ON)
  set(tree ${WORK}/subproject_${in_tree})
  configure(${consumer}/subproject ${tree} -DIN_TREE=${in_tree})
  run(${CMAKE_COMMAND} --install ${tree} --prefix ${tree}/installed)
  if(EXISTS ${tree}/installed)
    message(FATAL_ERROR "a subproject installs files of its own accord")
  endif()
endforeach()
refuse("WINDROW_TARGETS has \"AVX5\"" ${consumer}/subproject ${WORK}/subproject_ON
  -DIN_TREE=ON -DWINDROW_TARGETS=AVX5)
