# The reservations' simulator: a short run in ctest; `sim_reserve --kind storm --runs 1000` for a long one.
add_executable(sim_reserve
  ${CMAKE_CURRENT_LIST_DIR}/sim_reserve.c
  ${CMAKE_CURRENT_LIST_DIR}/reserve/check.c
  ${CMAKE_CURRENT_LIST_DIR}/reserve/node.c
  ${CMAKE_CURRENT_LIST_DIR}/reserve/plain.c
  ${CMAKE_CURRENT_LIST_DIR}/reserve/world.c)
target_include_directories(sim_reserve PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(sim_reserve PRIVATE engine)
add_test(NAME sim/reserve COMMAND sim_reserve)
set_tests_properties(sim/reserve PROPERTIES TIMEOUT 120)
