# Fails unless one file of the library, LIB, includes headers of an operating system.
file(GLOB_RECURSE sources ${LIB}/*.cc ${LIB}/*.h)
list(REMOVE_ITEM sources ${LIB}/base/machine.cc)
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX
    "#include <(unistd|fcntl|sched|pthread|dlfcn|windows|(sys|linux|asm|mach)/.*)[.]h>|\"/(proc|sys)/")
  if(lines)
    message(SEND_ERROR "${source}: ${lines}\nbelongs into lib/base/machine.cc")
  endif()
endforeach()
