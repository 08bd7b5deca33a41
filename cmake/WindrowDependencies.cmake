# Highway and oneTBB: targets of a project around this one, or installed packages.
if(NOT TARGET hwy::hwy AND NOT TARGET hwy)
  find_package(hwy REQUIRED)
endif()
if(NOT TARGET hwy::hwy)
  add_library(hwy::hwy ALIAS hwy)  # Highway's own tree calls it so
endif()
if(NOT TARGET TBB::tbb)
  find_package(TBB REQUIRED)
endif()
