#!/usr/bin/env bash
# Runs the kernel tests, the shared hashes and the command line's self-test on the runtime of .NET 11, in the builds for it. The runtime is put
# together from its package, so that the machine needs the .NET 10 SDK and nothing else.
# Ends with: net11: N passed, N failed.
#
#   ./run.sh             builds and tests
#   ./run.sh runtime     only puts the runtime together and prints the path of its dotnet
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "This is no x86-64 Linux machine, and what differs on .NET 11 is x86-64."
  echo "net11: 0 passed, 0 failed"
  exit 0
fi

dotnet restore "$here/Runtime.csproj" -v quiet
properties=$(dotnet msbuild "$here/Runtime.csproj" -getProperty:NuGetPackageRoot -getProperty:Net11Runtime)
property() { sed -nE "s/.*\"$1\": \"(.*)\".*/\1/p" <<<"$properties"; }
version=$(property Net11Runtime)
package=$(property NuGetPackageRoot)microsoft.netcore.app.runtime.linux-x64/$version/runtimes/linux-x64
runtime=$here/obj/dotnet-$version
if [ ! -x "$runtime/dotnet" ]; then
  mkdir -p "$runtime/shared/Microsoft.NETCore.App/$version" "$runtime/host/fxr/$version"
  cp "$package"/lib/net11.0/* "$package"/native/* "$runtime/shared/Microsoft.NETCore.App/$version/"
  cp "$package/native/libhostfxr.so" "$runtime/host/fxr/$version/"
  cp "$(readlink -f "$(command -v dotnet)")" "$runtime/dotnet"
fi
if [ "${1:-}" = runtime ]; then
  echo "$runtime/dotnet"
  exit 0
fi

log=$(mktemp)
packages=$(mktemp -d)
trap 'rm -rf "$log" "$packages"' EXIT
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

for project in tests/TinyGpt.Kernels.Tests/TinyGpt.Kernels.Tests tests/TinyGpt.Tests/TinyGpt.Tests tools/TinyGpt.Cli/TinyGpt.Cli; do
  dotnet build "$root/$project.csproj" -c Release -v quiet -p:TinyGptNet11=true
done

# The tier has to be chosen where the processor has the instruction. It would otherwise be skipped everywhere and pass.
expected=()
if grep -q -w avx512_vnni /proc/cpuinfo && grep -q -w avx512vl /proc/cpuinfo; then
  expected=(TINYGPT_EXPECT_TIER=avx512vnni)
fi

run() { # run NAME ARGUMENTS...: counts the tests of a program
  local name=$1 status=0 good bad
  shift
  env "${expected[@]}" "$runtime/dotnet" exec "$@" --no-progress >"$log" 2>&1 || status=$?
  good=$(sed -nE 's/^ *succeeded: ([0-9]+).*/\1/p' "$log" | tail -n 1)
  bad=$(sed -nE 's/^ *failed: ([0-9]+).*/\1/p' "$log" | tail -n 1)
  echo "$name: ${good:-0} passed, ${bad:-0} failed"
  passed=$((passed + ${good:-0}))
  failed=$((failed + ${bad:-0}))
  if [ "$status" -ne 0 ] || [ "${good:-0}" -eq 0 ]; then
    grep -A 12 -E '^failed ' "$log" || tail -n 40 "$log"
    [ "${bad:-0}" -ne 0 ] || report 1 "$name: ended without a result, exit code $status"
  fi
}

run "kernels on .NET $version" "$root/tests/TinyGpt.Kernels.Tests/bin/Release/net11.0/TinyGpt.Kernels.Tests.dll"
run "shared hashes on .NET $version" "$root/tests/TinyGpt.Tests/bin/Release/net11.0/TinyGpt.Tests.dll" --filter-class TinyGpt.Tests.Arm64.SharedHashTests

# A dispatch to other code would pass every comparison. So the instructions are counted in what the just-in-time compiler makes: 512 bits wide
# in the tier of 512 bits.
cli=$root/tools/TinyGpt.Cli/bin/Release/net11.0/tinygpt.dll
if [ ${#expected[@]} -ne 0 ]; then
  listing=$(mktemp)
  status=0
  DOTNET_JitStdOutFile=$listing DOTNET_JitDisasm='Multiply' "$runtime/dotnet" exec "$cli" doctor --json >"$log" 2>&1 || status=$?
  report $status "doctor: every tier has the bits of the reference on .NET $version"
  for methods in Avx512VnniMatrixMultiply Avx512VnniInt4Sums; do
    count=$(awk -v methods="$methods" '
      /^; Assembly listing for method/ { inside = $0 ~ methods }
      inside && /vpdpbusd .*zmm/ { count++ }
      END { print count + 0 }' "$listing")
    report $((count == 0)) "$count vpdpbusd of 512 bits in $methods"
  done
  rm -f "$listing"
fi

# The packages hold both builds: of the kernels, and of the tool, which is what an installed tool starts.
for project in native-free-kernels/TinyGpt.Kernels tools/TinyGpt.Cli; do
  dotnet pack "$root/$project" -c Release -v quiet --no-build -p:TinyGptNet11=true -o "$packages"
done
for framework in net10.0 net11.0; do
  status=0
  grep -a -q "lib/$framework/TinyGpt.Kernels.dll" "$packages"/TinyGpt.Kernels.*.nupkg || status=1
  grep -a -q "tools/$framework/any/tinygpt.dll" "$packages"/TinyGpt.Cli.*.nupkg || status=1
  report $status "the packages of kernels and tool hold $framework"
done

echo "net11: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
