# The peers of windrow_bench, each optional: other libraries that it can be compared with.
#
# Not by their CMake packages: oneDNN's wants OpenCL's headers, OpenCV's comes with all its modules,
# and XNNPACK has none.
set(peers "")

find_path(DNNL_INCLUDE_DIR oneapi/dnnl/dnnl.hpp)
find_library(DNNL_LIBRARY dnnl)
if(DNNL_INCLUDE_DIR AND DNNL_LIBRARY)
  # The interface used is that of oneDNN 2.
  file(STRINGS ${DNNL_INCLUDE_DIR}/oneapi/dnnl/dnnl_version.h version REGEX "DNNL_VERSION_MAJOR +2")
  if(version)
    list(APPEND peers "oneDNN 2")
    target_sources(windrow_bench PRIVATE onednn.cc onednn_gradients.cc onednn_pooling.cc peer_onednn.cc)
    target_compile_definitions(windrow_bench PRIVATE WINDROW_BENCH_ONEDNN)
    target_include_directories(windrow_bench SYSTEM PRIVATE ${DNNL_INCLUDE_DIR})
    target_link_libraries(windrow_bench PRIVATE ${DNNL_LIBRARY} ${CMAKE_DL_LIBS})
  endif()
endif()

find_path(XNNPACK_INCLUDE_DIR xnnpack.h)
find_library(XNNPACK_LIBRARY XNNPACK)
find_path(PTHREADPOOL_INCLUDE_DIR pthreadpool.h)
find_library(PTHREADPOOL_LIBRARY pthreadpool)
if(XNNPACK_INCLUDE_DIR AND XNNPACK_LIBRARY AND PTHREADPOOL_INCLUDE_DIR AND PTHREADPOOL_LIBRARY)
  # The interface used is that before operators shared caches of weights.
  file(STRINGS ${XNNPACK_INCLUDE_DIR}/xnnpack.h newer REGEX "xnn_(caches|weights_cache)_t")
  if(NOT newer)
    # XNNPACK has no versions; a package has the date of its sources.
    set(version "of unknown date")
    find_program(DPKG_QUERY dpkg-query)
    if(DPKG_QUERY)
      execute_process(COMMAND ${DPKG_QUERY} -W -f=\${Version}\\n libxnnpack-dev
        OUTPUT_VARIABLE package ERROR_QUIET)
      if(package MATCHES "^[^\n]+")  # one line an architecture
        set(version ${CMAKE_MATCH_0})
      endif()
    endif()
    list(APPEND peers "XNNPACK ${version}")
    target_sources(windrow_bench PRIVATE peer_xnnpack.cc)
    target_compile_definitions(windrow_bench PRIVATE WINDROW_BENCH_XNNPACK="${version}")
    target_include_directories(windrow_bench SYSTEM PRIVATE
      ${XNNPACK_INCLUDE_DIR} ${PTHREADPOOL_INCLUDE_DIR})
    target_link_libraries(windrow_bench PRIVATE ${XNNPACK_LIBRARY} ${PTHREADPOOL_LIBRARY})
  endif()
endif()

find_path(OPENCV_INCLUDE_DIR opencv2/imgproc.hpp PATH_SUFFIXES opencv4)
find_library(OPENCV_CORE_LIBRARY opencv_core)
find_library(OPENCV_IMGPROC_LIBRARY opencv_imgproc)
if(OPENCV_INCLUDE_DIR AND OPENCV_CORE_LIBRARY AND OPENCV_IMGPROC_LIBRARY)
  list(APPEND peers "OpenCV")
  target_sources(windrow_bench PRIVATE peer_opencv.cc)
  target_compile_definitions(windrow_bench PRIVATE WINDROW_BENCH_OPENCV)
  target_include_directories(windrow_bench SYSTEM PRIVATE ${OPENCV_INCLUDE_DIR})
  target_link_libraries(windrow_bench PRIVATE ${OPENCV_IMGPROC_LIBRARY} ${OPENCV_CORE_LIBRARY})
endif()

if(NOT peers)
  set(peers none)
endif()
list(JOIN peers ", " peers)
message(STATUS "Peers of windrow_bench: ${peers}")
