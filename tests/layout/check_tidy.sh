#!/bin/sh
# clang-tidy has nothing to say about the engine (.clang-tidy). $1: the build folder with compile_commands.json.
# The analyzer gives up a function after TIDY_NODES steps: 225000, its own default, takes twice as long.
set -eu
cd "$(dirname "$0")/../.."
git ls-files -co --exclude-standard -- 'engine/*.c' | xargs -P "$(nproc)" -n 6 clang-tidy -p "$1" --quiet \
  --extra-arg=-Xclang --extra-arg=-analyzer-config --extra-arg=-Xclang "--extra-arg=max-nodes=${TIDY_NODES:-60000}" 2>/dev/null
