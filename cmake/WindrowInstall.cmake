# The installed package: library, headers, find_package(windrow), pkg-config.
include(CMakePackageConfigHelpers)

install(TARGETS windrow EXPORT windrow
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(DIRECTORY include/windrow DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(EXPORT windrow NAMESPACE windrow:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/windrow
  FILE windrowTargets.cmake)

set(config_dir ${PROJECT_BINARY_DIR}/package)
# A static library brings its own dependencies to the link; a shared one has them inside.
get_target_property(type windrow TYPE)
if(type STREQUAL "STATIC_LIBRARY")
  set(WINDROW_FIND_DEPENDENCIES "include(CMakeFindDependencyMacro)\nfind_dependency(hwy)\nfind_dependency(TBB)")
else()
  set(WINDROW_FIND_DEPENDENCIES "")
endif()
configure_package_config_file(cmake/windrowConfig.cmake.in ${config_dir}/windrowConfig.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/windrow)
write_basic_package_version_file(${config_dir}/windrowConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${config_dir}/windrowConfig.cmake ${config_dir}/windrowConfigVersion.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/windrow)

configure_file(cmake/windrow.pc.in ${config_dir}/windrow.pc @ONLY)
install(FILES ${config_dir}/windrow.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
