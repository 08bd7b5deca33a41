# The installed package: library, headers, find_package(windrow), pkg-config, and the program.
#
#   cmake --install BUILD --prefix FOLDER [--component runtime|dev|bench]
include(CMakePackageConfigHelpers)
set(package ${PROJECT_BINARY_DIR}/package)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/windrow)

install(TARGETS windrow EXPORT windrow
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT dev
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT runtime NAMELINK_COMPONENT dev
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT runtime)
install(DIRECTORY include/windrow DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT dev
  FILES_MATCHING PATTERN "*.h")
install(EXPORT windrow NAMESPACE windrow:: DESTINATION ${package_folder} COMPONENT dev
  FILE windrowTargets.cmake)

# A static library brings its own dependencies to the link, no older than those it was compiled
# with (of those in a tree around this one no version is known); a shared one has them inside.
set(WINDROW_FIND_DEPENDENCIES "")
set(WINDROW_REQUIRES "")
get_target_property(type windrow TYPE)
if(type STREQUAL "STATIC_LIBRARY")
  string(JOIN "\n" WINDROW_FIND_DEPENDENCIES
    "include(CMakeFindDependencyMacro)"
    "find_dependency(hwy ${hwy_VERSION})"
    "find_dependency(TBB ${TBB_VERSION})")
  # Not "Requires.private": nothing links without them, since no shared library is installed.
  set(WINDROW_REQUIRES "Requires: libhwy >= ${hwy_VERSION}, tbb >= ${TBB_VERSION}")
  string(REGEX REPLACE " >= (,|$)" "\\1" WINDROW_REQUIRES "${WINDROW_REQUIRES}")
endif()
configure_package_config_file(cmake/windrowConfig.cmake.in ${package}/windrowConfig.cmake
  INSTALL_DESTINATION ${package_folder})
write_basic_package_version_file(${package}/windrowConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${package}/windrowConfig.cmake ${package}/windrowConfigVersion.cmake
  DESTINATION ${package_folder} COMPONENT dev)

windrow_folder_from(${CMAKE_INSTALL_LIBDIR}/pkgconfig . WINDROW_PREFIX)
if(NOT IS_ABSOLUTE ${WINDROW_PREFIX})
  string(PREPEND WINDROW_PREFIX "\${pcfiledir}/")
endif()
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_INCLUDEDIR BASE_DIRECTORY "\${prefix}"
  OUTPUT_VARIABLE WINDROW_INCLUDEDIR)
cmake_path(ABSOLUTE_PATH CMAKE_INSTALL_LIBDIR BASE_DIRECTORY "\${prefix}"
  OUTPUT_VARIABLE WINDROW_LIBDIR)
foreach(folder WINDROW_PREFIX WINDROW_INCLUDEDIR WINDROW_LIBDIR)
  string(REPLACE " " "\\ " ${folder} "${${folder}}")
endforeach()
configure_file(cmake/windrow.pc.in ${package}/windrow.pc @ONLY)
install(FILES ${package}/windrow.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT dev)

if(TARGET windrow_program)
  install(TARGETS windrow_program RUNTIME COMPONENT runtime)
  install(FILES bench/shapes/layers.txt bench/shapes/pools.txt
    DESTINATION ${CMAKE_INSTALL_DATADIR}/windrow/shapes COMPONENT runtime)
endif()
if(TARGET windrow_bench)
  install(TARGETS windrow_bench RUNTIME COMPONENT bench EXCLUDE_FROM_ALL)
endif()

# The programs find a shared library, wherever the installed tree is moved; and all of them the
# dependencies, where those are in folders that the loader does not search.
windrow_folder_from(${CMAKE_INSTALL_BINDIR} ${CMAKE_INSTALL_LIBDIR} libraries)
if(NOT IS_ABSOLUTE ${libraries})
  string(PREPEND libraries "$<IF:$<PLATFORM_ID:Darwin>,@loader_path,$ORIGIN>/")
endif()
set_property(TARGET windrow PROPERTY INSTALL_RPATH_USE_LINK_PATH ON)
foreach(program windrow_program windrow_bench)
  if(TARGET ${program})
    set_property(TARGET ${program} PROPERTY INSTALL_RPATH_USE_LINK_PATH ON)
    if(type STREQUAL "SHARED_LIBRARY")
      set_property(TARGET ${program} APPEND PROPERTY INSTALL_RPATH ${libraries})
    endif()
  endif()
endforeach()
