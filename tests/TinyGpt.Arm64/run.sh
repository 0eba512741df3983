#!/usr/bin/env bash
# Runs the kernels and the decoder as arm64 machine code on an x86-64 machine: the NativeAOT compiler makes the code, a stand-in runtime in
# C replaces the one for arm64, and qemu executes it on processor models with and without the dot-product extension.
# Needs the .NET 10 SDK; installs the cross compiler and qemu with apt-get where they are missing. Ends with: arm64: N passed, N failed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# A run reports this many checks. One that reports fewer stopped early, which is a failure however well it began.
checks_plain=114   # the processor, three tiers supported or not, and for two tiers 19 operations and 36 decodes
checks_dotprod=169 # the same with a third tier
seconds=600        # the most for one command; the longest takes about two minutes of a Zen 1's time, more beside other work

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "This is no x86-64 Linux machine. On arm64 the ordinary tests run the NEON tiers."
  echo "arm64: 0 passed, 0 failed"
  exit 0
fi

install_packages() {
  local missing=()
  command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu)
  [ -e /usr/aarch64-linux-gnu/include/stdlib.h ] || missing+=(libc6-dev-arm64-cross)
  command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
report() { # report COMMAND-STATUS FINDING: counts a check
  if [ "$1" -eq 0 ]; then
    passed=$((passed + 1))
    echo "ok     $2"
  else
    failed=$((failed + 1))
    echo "FAILED $2"
  fi
}

build_assemblies() {
  local project=$here/Rewriter/CoreLibRewriter.csproj properties
  timeout 300 dotnet build "$project" -c Release -v quiet
  timeout 300 dotnet build "$here/Exports/TinyGpt.Arm64.csproj" -c Release -v quiet
  properties=$(dotnet msbuild "$project" \
    -getProperty:NuGetPackageRoot -getProperty:CoreLibPackageVersion -getProperty:CompilerPackageVersion)
  property() { sed -nE "s/.*\"$1\": \"(.*)\".*/\1/p" <<<"$properties"; }
  local packages
  packages=$(property NuGetPackageRoot)runtime.linux-x64.microsoft.dotnet.ilcompiler
  compiler=$packages/$(property CompilerPackageVersion)/tools/ilc
  library=$packages/$(property CoreLibPackageVersion)
  timeout "$seconds" dotnet "$here/Rewriter/bin/Release/net10.0/CoreLibRewriter.dll" \
    "$library/sdk/System.Private.CoreLib.dll" "$work/System.Private.CoreLib.dll"
}

compile() { # compile NAME INSTRUCTION-SET: machine code of the product's own assemblies, linked with the stand-in runtime
  local name=$1 code=$work/$1.o assemblies=$here/Exports/bin/Release/net10.0 references=() reference
  for reference in "$work/System.Private.CoreLib.dll" "$library"/framework/*.dll "$library"/sdk/*.dll; do
    [ "$reference" = "$library/sdk/System.Private.CoreLib.dll" ] || references+=("-r:$reference")
  done

  timeout "$seconds" "$compiler" "$assemblies/TinyGpt.Arm64.dll" \
    -r:"$assemblies/TinyGpt.Engine.dll" -r:"$assemblies/TinyGpt.Kernels.dll" "${references[@]}" \
    -o:"$code" -O --targetos:linux --targetarch:arm64 --instruction-set:"$2" --nativelib \
    --generateunmanagedentrypoints:TinyGpt.Arm64 --generateunmanagedentrypoints:System.Private.CoreLib,HIDDEN \
    --export-unmanaged-entrypoints --exportsfile:"$code.exports" --directpinvoke:libSystem.Native \
    --feature:System.Resources.UseSystemResourceKeys=true \
    --feature:System.Diagnostics.Tracing.EventSource.IsSupported=false \
    --feature:System.Diagnostics.Debugger.IsSupported=false \
    --feature:System.Globalization.Invariant=true \
    --reflectiondata:none --resilient --nowarn:"1701;1702;IL2121"
  "$here/Runtime/stubs.sh" "$code" "$work/runtime.o" "$work/calls.o" >"$work/stubs.c"
  # -w: the compiler knows some of the stubs' names, with other parameters.
  aarch64-linux-gnu-gcc -O1 -w -c "$work/stubs.c" -o "$work/stubs.o"
  aarch64-linux-gnu-gcc -no-pie -Wl,--gc-sections -o "$work/$name" \
    "$work/main.o" "$work/runtime.o" "$work/calls.o" "$work/stubs.o" "$code" -lm
}

count_instructions() { # count_instructions NAME INSTRUCTIONS FUNCTIONS: how often functions use instructions on vectors; two patterns
  aarch64-linux-gnu-objdump -d --no-show-raw-insn "$work/$1.o" | awk -v instructions="^($2)\$" -v functions="$3" '
    /^[0-9a-f]+ <.*>:$/ { inside = $2 ~ functions }
    inside && $2 ~ instructions && $3 ~ /^v/ { count++ }
    END { print count + 0 }'
}

execute() { # execute NAME PROCESSOR CHECKS
  local status=0 output=$work/$1.$2.txt good bad
  echo "== $1 build on $2"
  timeout "$seconds" qemu-aarch64-static -cpu "$2" -L /usr/aarch64-linux-gnu "$work/$1" "$1" >"$output" 2>&1 || status=$?
  cat "$output"
  good=$(grep -c '^ok ' "$output" || true)
  bad=$(grep -c '^FAILED ' "$output" || true)
  passed=$((passed + good))
  failed=$((failed + bad))
  if [ $((good + bad)) -ne "$3" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
    report 1 "$1 build on $2: $((good + bad)) of $3 checks reported, exit code $status"
  fi
}

install_packages
build_assemblies
for source in main.c runtime.c calls.S; do
  aarch64-linux-gnu-gcc -O1 -Wall -Wextra -Werror -c "$here/Runtime/$source" -o "$work/${source%.*}.o"
done
compile plain neon,-dotprod
compile dotprod neon,dotprod

# A dispatch to the scalar code would pass every comparison. So the instructions themselves are counted.
echo "== instructions"
count=$(count_instructions dotprod sdot NeonDpMatrixMultiply)
report $((count == 0)) "dotprod build: $count sdot instructions in the kernel with dot products"
count=$(count_instructions dotprod sdot NeonDpInt4Sums)
report $((count == 0)) "dotprod build: $count sdot instructions in the kernel for 4-bit weights with dot products"
count=$(count_instructions plain sdot .)
report $((count != 0)) "plain build: $count sdot instructions anywhere"
for name in plain dotprod; do
  count=$(count_instructions $name 'smull2?|smlal2?' _NeonMatrixMultiply)
  report $((count == 0)) "$name build: $count widening multiplications (smull, smlal) in the kernel without dot products"
  count=$(count_instructions $name 'smlal2?' _NeonInt4Sums)
  report $((count == 0)) "$name build: $count widening multiplications (smlal) in the kernel for 4-bit weights without dot products"
done

execute plain cortex-a72 $checks_plain
execute dotprod cortex-a76 $checks_dotprod

echo "arm64: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
