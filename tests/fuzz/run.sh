#!/bin/sh
# Runs one libFuzzer target for some seconds, from a copy of its seeds, so that the tree stays as it is.
#
#   run.sh <binary> <corpus dir> <seconds> [more libFuzzer options]
#
# A crashing input is kept below ${WSRELAY_FUZZ_ARTIFACTS:-./fuzz-artifacts}/ and its path is the last line.
# To run it again: <binary> <that file>. The seed is new each time and printed.
set -eu

if [ $# -lt 3 ]; then
    sed -n '2,6s/^# \{0,1\}//p' "$0" >&2
    exit 2
fi
binary=$1 corpus=$2 seconds=$3
shift 3

name=$(basename "$binary")
dictionary=$(dirname "$0")/json.dict
artifacts=${WSRELAY_FUZZ_ARTIFACTS:-$PWD/fuzz-artifacts}/$name
seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
mkdir -p "$artifacts" "$work/corpus"
cp "$corpus"/* "$work/corpus/"

case $name in
*utf8*) ;;
*) set -- "-dict=$dictionary" "$@" ;;
esac

echo "$name: seed $seed, $seconds s"
status=0
"$binary" "-seed=$seed" "-max_total_time=$seconds" -rss_limit_mb=1024 -timeout=5 -max_len=4096 \
    -print_final_stats=1 "-artifact_prefix=$artifacts/" "$@" "$work/corpus" \
    >"$work/log" 2>&1 || status=$?

if [ "$status" -ne 0 ]; then
    tail -n 60 "$work/log"
    echo "$name: failed with status $status; the input, if there is one, is kept here:"
    ls -1t "$artifacts"/* 2>/dev/null | head -n 1 || true
    exit "$status"
fi
rmdir "$artifacts" 2>/dev/null || true
rmdir "$(dirname "$artifacts")" 2>/dev/null || true
grep -E '^stat::number_of_executed_units|^stat::average_exec|^stat::peak_rss|^#[0-9]+.*DONE' "$work/log"
