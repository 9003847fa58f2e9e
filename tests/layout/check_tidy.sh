#!/bin/sh
# clang-tidy has nothing to say about the engine (.clang-tidy). $1: the build folder with compile_commands.json.
set -eu
cd "$(dirname "$0")/../.."
git ls-files -co --exclude-standard -- 'engine/*.c' | xargs -P "$(nproc)" -n 6 clang-tidy -p "$1" --quiet 2>/dev/null
