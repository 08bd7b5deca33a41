# What windrow_bench does with wrong filters, a full disk and an interrupt:
#
#   cmake -DBENCH=windrow_bench -DSHAPES=FOLDER -DWORK=FOLDER -P check_cli.cmake
set(common --shapes ${SHAPES}/layers.txt --pools=${SHAPES}/pools.txt --peers none)
set(one --benchmark_filter=^conv/lenet_conv1/nhwc --rounds 1)
file(MAKE_DIRECTORY ${WORK})

# Runs a shell command, in which "$@" is windrow_bench and its arguments.
function(run command)
  execute_process(COMMAND sh -c "${command}" sh ${BENCH} ${common} ${ARGN}
    RESULT_VARIABLE code OUTPUT_VARIABLE out ERROR_VARIABLE err)
  set(code "${code}" PARENT_SCOPE)
  set(out "${out}" PARENT_SCOPE)
  set(err "${err}" PARENT_SCOPE)
endfunction()

function(expect code_wanted text)
  if(NOT code EQUAL code_wanted OR NOT "${out}${err}" MATCHES "${text}")
    message(SEND_ERROR "not exit code ${code_wanted} with \"${text}\", but ${code}:\n${out}${err}")
  endif()
endfunction()

# That it is JSON of so many benchmarks, or more.
function(expect_json text at_least)
  string(JSON count ERROR_VARIABLE error LENGTH "${text}" benchmarks)
  if(error OR count LESS at_least)
    message(SEND_ERROR "not JSON of ${at_least} benchmarks: ${error}\n${text}")
  endif()
endfunction()

run([["$@"]] ${one} --table)
expect(0 "conv/lenet_conv1/nhwc +[0-9.]+ +[0-9]+%")
run([["$@"]] --benchmark_filter=nothing_like_it)
expect(2 "no benchmark matches the filter \"nothing_like_it\"")
run([["$@"]] "--benchmark_filter=(")
expect(2 "the filter \"\\(\" is no regular expression")
run([["$@"]] ${one} --rounds=0)
expect(2 "--rounds")
run([["$@"]] --round 3)
expect(2 "--round")
run([["$@"]] ${one} --table --json -)
expect(2 "--json - and --table")

foreach(arguments --table --json=- --help --benchmark_list_tests --benchmark_format=csv)
  run([["$@" >/dev/full]] ${one} ${arguments})
  expect(1 "cannot write the output")
endforeach()
run([["$@"]] ${one} --json /dev/full)
expect(1 "cannot write the output")

run([["$@"]] ${one} --json -)
expect_json("${out}" 1)
run([["$@"]] ${one} --json ${WORK}/one.json)
expect(0 "conv/lenet_conv1/nhwc")
file(READ ${WORK}/one.json text)
expect_json("${text}" 1)

# Long before all of them are done.
# (Without --foreground the whole group is interrupted too, and the program twice.)
set(interrupt [[timeout --foreground --preserve-status -s INT 2 "$@"]])
run("${interrupt}" --benchmark_filter=^conv/ --rounds=100 --json=${WORK}/some.json)
expect(130 "ends after this benchmark")
if(err MATCHES "ERROR" OR out MATCHES "ERROR")
  message(SEND_ERROR "what did not run was reported:\n${out}${err}")
endif()
file(READ ${WORK}/some.json text)
expect_json("${text}" 0)
run("${interrupt}" --benchmark_filter=^conv/ --rounds=100 --json=-)
expect_json("${out}" 0)
