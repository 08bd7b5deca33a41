# The build as it is, installed.
#   cmake -DBUILD=... -DWORK=... -DCXX=... -DGENERATOR=... -P package.cmake
include(${CMAKE_CURRENT_LIST_DIR}/support.cmake)
check_installed(${BUILD})

# A static library asks for a Highway no older than the one it was compiled with.
if(EXISTS "${WORK}/moved here/lib/libwindrow.a")
  file(WRITE ${WORK}/hwy/hwy-config.cmake "")
  file(WRITE ${WORK}/hwy/hwy-config-version.cmake
    "message(FATAL_ERROR \"asked for hwy <\${PACKAGE_FIND_VERSION}>\")\n")
  refuse("asked for hwy <[1-9][0-9.]+>" ${consumer} ${WORK}/build
    "-DCMAKE_PREFIX_PATH=${WORK}/moved here" -Dhwy_DIR=${WORK}/hwy)
endif()
