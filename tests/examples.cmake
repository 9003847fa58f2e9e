# Every examples/<idea>/ with a main.lua runs its own spec in the engine's test kit.
file(GLOB EXAMPLES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/examples/*/main.lua)
foreach(main ${EXAMPLES})
  get_filename_component(folder ${main} DIRECTORY)
  get_filename_component(name ${folder} NAME)
  add_test(NAME examples/${name}
    COMMAND wsrelay-engine test --main examples/${name}/main.lua examples/${name}/spec
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(examples/${name} PROPERTIES ENVIRONMENT "JWT_SECRET=")
endforeach()

# Once more as it is meant to be started.
add_test(NAME examples/jwt-with-secret
  COMMAND wsrelay-engine test --main examples/jwt/main.lua examples/jwt/spec
  WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
set_tests_properties(examples/jwt-with-secret PROPERTIES
  ENVIRONMENT "JWT_SECRET=a-secret-of-thirty-two-bytes-or-more")
