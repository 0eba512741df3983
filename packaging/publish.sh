#!/usr/bin/env bash
# Publishes the tool and the C library ahead of time into artifacts/publish/RUNTIME: packaging/publish.sh linux-x64 linux-arm64
# On x86-64 Linux, linux-arm64 is cross-compiled: gcc-aarch64-linux-gnu and libc6-dev-arm64-cross are needed.
set -euo pipefail
cd "$(dirname "$0")/.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
[ $# -gt 0 ] || { echo "usage: $0 RUNTIME..."; exit 2; }
for runtime in "$@"; do
  options=(-c Release -r "$runtime" -p:PublishAot=true -nodeReuse:false -v:q)
  if [ "$(uname -m)" = x86_64 ] && [ "$runtime" = linux-arm64 ]; then
    options+=(-p:CppCompilerAndLinker=aarch64-linux-gnu-gcc -p:ObjCopyName=aarch64-linux-gnu-objcopy)
  elif ! command -v clang > /dev/null; then
    options+=(-p:CppCompilerAndLinker=gcc)
  fi
  out=artifacts/publish/$runtime
  dotnet publish tools/TinyGpt.Cli "${options[@]}" -o "$out/tool"
  dotnet publish src/TinyGpt.Native "${options[@]}" -o "$out/c"
  rm -f "$out"/*/*.pdb "$out"/*/*.xml "$out"/*/*.dbg
  ls -l "$out"/*
done
