# Installs the unit with the program's whole path. That is known only now: `cmake --install --prefix` may say another
# prefix than the one that was configured. DESTDIR is where files go, and no part of the path.
cmake_path(ABSOLUTE_PATH WSRELAY_BINDIR BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}" NORMALIZE)
set(unit "${CMAKE_INSTALL_PREFIX}/lib/systemd/system/wsrelay-engine.service") # systemd looks there, whatever LIBDIR is
message(STATUS "Installing: $ENV{DESTDIR}${unit}")
configure_file("${CMAKE_CURRENT_LIST_DIR}/wsrelay-engine.service.in" "$ENV{DESTDIR}${unit}" @ONLY NO_SOURCE_PERMISSIONS)
list(APPEND CMAKE_INSTALL_MANIFEST_FILES "${unit}")
