#!/usr/bin/env bash
# Publishes the command line with its runtime for the systems that this machine is not, and looks at what came out. None of it is run here.
# Ends with one line: systems: N passed, N failed.
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

check() { # check RUNTIME PROGRAM RUNTIME-LIBRARY FIRST-BYTES: published, and both files are of that system
  local out=$work/$1 file
  if ! dotnet publish tools/TinyGpt.Cli -c Release -r "$1" --self-contained -nodeReuse:false -v:q -o "$out" >"$work/log" 2>&1; then
    grep -E 'error' "$work/log" | sort -u | head -n 5
    echo "FAILED systems: publishing for $1"
    failed=$((failed + 1))
    return
  fi

  for file in "$2" "$3"; do
    if [[ "$(od -An -tx1 -N8 "$out/$file" | tr -d ' \n')" != "$4"* ]]; then
      echo "FAILED systems: $file for $1 is missing or of another system"
      failed=$((failed + 1))
      return
    fi
  done
  echo "passed: $1, $(du -sm "$out" | cut -f1) MB"
  passed=$((passed + 1))
  rm -rf "$out"
}

check win-x64 tinygpt.exe coreclr.dll 4d5a
check osx-arm64 tinygpt libcoreclr.dylib cffaedfe0c000001
check osx-x64 tinygpt libcoreclr.dylib cffaedfe07000001
check linux-musl-x64 tinygpt libcoreclr.so 7f454c4602

echo "systems: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
