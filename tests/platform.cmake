# Fails unless two files of the library, LIB, alone include headers of an operating system.
file(GLOB_RECURSE sources ${LIB}/*.cc ${LIB}/*.h)
list(REMOVE_ITEM sources ${LIB}/base/machine.cc ${LIB}/base/file.cc)
foreach(source IN LISTS sources)
  file(STRINGS ${source} lines REGEX
    "#include <(unistd|fcntl|sched|pthread|dlfcn|windows|(sys|linux|asm|mach)/.*)[.]h>|\"/(proc|sys)/")
  if(lines)
    message(SEND_ERROR "${source}: ${lines}\nbelongs into lib/base/machine.cc or lib/base/file.cc")
  endif()
endforeach()
