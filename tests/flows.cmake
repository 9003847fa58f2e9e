# Flows: real processes under pytest. They mostly wait, for events with deadlines, so they come when all else is done,
# their groups side by side.
file(GLOB all_flows CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR} flows/test_*.py)
set(flow_groups)

# Those of `all_flows` that match: tests/flows/test_<pattern>.py. Each belongs to the first group that wants it.
function(add_flows group)
  set(files)
  foreach(pattern ${ARGN})
    set(matching ${all_flows})
    list(FILTER matching INCLUDE REGEX "/test_${pattern}\\.py$")
    list(APPEND files ${matching})
  endforeach()
  list(REMOVE_DUPLICATES files)
  list(REMOVE_ITEM all_flows ${files})
  add_test(NAME flows/${group} COMMAND /usr/bin/python3 -m pytest -q ${files} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set(all_flows ${all_flows} PARENT_SCOPE)
  set(flow_groups ${flow_groups} flows/${group} PARENT_SCOPE)
endfunction()

get_property(quick DIRECTORY PROPERTY TESTS)
add_flows(mesh "mesh_.*")
add_flows(master "master_.*" "flow_.*" "example_overview")
add_flows(scripts "check" "cli_test" "ctl.*" "init" "policies" "reload" "tutorial" "watch")
add_flows(pages "example_chat" "overview_.*")
add_flows(node ".*")
set_tests_properties(${flow_groups} PROPERTIES
  ENVIRONMENT "WSRELAY_ENGINE=$<TARGET_FILE:wsrelay-engine>" TIMEOUT 600 PROCESSORS 1 DEPENDS "${quick};sim/spread")
# The rest computes: two places each, so that half as many run at once.
set_tests_properties(${quick} PROPERTIES PROCESSORS 2)
