# The folders of an installation.

# The installed folder `to` as a path from the folder `from`, both relative to the prefix, so that an
# installed tree may be moved. If one of them is absolute, so is the result.
function(windrow_folder_from from to result)
  cmake_path(IS_ABSOLUTE from from_is_absolute)
  cmake_path(IS_ABSOLUTE to to_is_absolute)
  if(from_is_absolute OR to_is_absolute)
    cmake_path(ABSOLUTE_PATH to BASE_DIRECTORY ${CMAKE_INSTALL_PREFIX} NORMALIZE)
  else()
    file(RELATIVE_PATH to /${from} /${to})
    string(REGEX REPLACE "/$" "" to "${to}")
  endif()
  set(${result} ${to} PARENT_SCOPE)
endfunction()
