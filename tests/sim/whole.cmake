# Whole nodes with clients in networks that break: a short run in ctest; `sim_mesh 1-500` for a long one.
add_executable(sim_mesh
  ${CMAKE_CURRENT_LIST_DIR}/sim_mesh.c
  ${CMAKE_CURRENT_LIST_DIR}/whole/crowd.c
  ${CMAKE_CURRENT_LIST_DIR}/whole/faults.c
  ${CMAKE_CURRENT_LIST_DIR}/whole/verdict.c)
target_include_directories(sim_mesh PRIVATE ${CMAKE_CURRENT_LIST_DIR})
target_link_libraries(sim_mesh PRIVATE engine)
target_link_options(sim_mesh PRIVATE -Wl,--wrap=password_hash_compute)
set_target_properties(sim_mesh PROPERTIES ENABLE_EXPORTS ON)
add_test(NAME sim/mesh COMMAND sim_mesh 1-3)
set_tests_properties(sim/mesh PROPERTIES TIMEOUT 120)
