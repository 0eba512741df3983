#!/usr/bin/env bash
# Runs TinyGpt as arm64 machine code on an x86-64 machine, under qemu as processors with and without the dot-product extension: ahead of time
# the kernels and the decoder; by the just-in-time compiler the kernel tests with guard pages, and sessions, saves and threads of the engine
# tests. tests/TinyGpt.Published/arm64.sh does the same with the command line and the C library. Needs the .NET 10 SDK; installs the cross
# compiler and qemu with apt-get where they are missing.
# Ends with: arm64: N passed, N failed.
#
#   ./run.sh        what .ci/run runs
#   ./run.sh all    all kernel and engine tests, on both processors; an hour and more
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$root"
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# A run reports this many checks. One that reports fewer stopped early, which is a failure however well it began.
checks_plain=114   # the processor, three tiers supported or not, and for two tiers 19 operations and 36 decodes
checks_dotprod=169 # the same with a third tier
seconds=1200       # the most for one command; the longest takes two minutes alone
[ "${1:-}" != all ] || seconds=14400

if [ "$(uname -sm)" != "Linux x86_64" ]; then
  echo "This is no x86-64 Linux machine. On arm64 the ordinary tests run the NEON tiers."
  echo "arm64: 0 passed, 0 failed"
  exit 0
fi

install_packages() {
  local missing=()
  command -v aarch64-linux-gnu-gcc >/dev/null || missing+=(gcc-aarch64-linux-gnu)
  [ -e /usr/aarch64-linux-gnu/include/stdlib.h ] || missing+=(libc6-dev-arm64-cross)
  [ -e /usr/aarch64-linux-gnu/lib/libstdc++.so.6 ] || missing+=(libstdc++6-arm64-cross) # the just-in-time compiler's
  command -v qemu-aarch64-static >/dev/null || missing+=(qemu-user-static)
  [ ${#missing[@]} -eq 0 ] && return
  local sudo=
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q
  $sudo apt-get install -q -y --no-install-recommends "${missing[@]}"
}

# The test platform makes hashes with OpenSSL, of which no cross package exists. It comes from arm64's packages, whose lists lie in a folder
# apart, so that the machine's stay as they are.
library=$here/obj/libssl/usr/lib/aarch64-linux-gnu
fetch_openssl() {
  [ ! -e "$library/libssl.so.3" ] || return 0
  local folder=$here/obj/apt
  local options=(-q -o APT::Architecture=arm64 -o APT::Architectures=arm64 -o "Dir::State::Lists=$folder/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
  mkdir -p "$folder/lists/partial" "$here/obj/libssl"
  (
    cd "$folder"
    apt-get "${options[@]}" update
    apt-get "${options[@]}" download libssl3 || apt-get "${options[@]}" download libssl3t64
    dpkg-deb -x libssl3*.deb "$here/obj/libssl"
  ) >/dev/null
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
step() { echo "== after $SECONDS s: $*"; }

# Without DOTNET_EnableWriteXorExecute=0 the emulator crashes now and then: it loses track of code that is written through a second mapping.
emulate() { # emulate PROCESSOR PROGRAM ARGUMENTS...
  local emulator="qemu-aarch64-static -cpu $1 -L /usr/aarch64-linux-gnu -E LD_LIBRARY_PATH=$library"
  shift
  DOTNET_EnableWriteXorExecute=0 TINYGPT_EMULATOR=$emulator timeout "$seconds" $emulator "$@"
}

carry_runtime() { # carry_runtime PROJECT FOLDER: with the runtime, for the just-in-time compiler
  timeout "$seconds" dotnet publish "$1" -c Release -r linux-arm64 -v quiet -nodeReuse:false --self-contained -o "$work/$2"
}

count_instructions() { # count_instructions INSTRUCTIONS FUNCTIONS: how often functions use instructions on vectors; two patterns
  awk -v instructions="^($1)\$" -v functions="$2" '
    /^[0-9a-f]+ <.*>:$/ { inside = $2 ~ functions }
    inside && $2 ~ instructions && $3 ~ /^v/ { count++ }
    END { print count + 0 }' "$work/listing"
}

execute_checks() { # execute_checks NAME PROCESSOR CHECKS
  local status=0 output=$work/$1.txt good bad
  step "kernels and decoder on $2, ahead of time"
  emulate "$2" "$work/checks/TinyGpt.Arm64" "$1" >"$output" 2>&1 || status=$?
  grep -v '^ok ' "$output" || true
  good=$(grep -c '^ok ' "$output" || true)
  bad=$(grep -c '^FAILED ' "$output" || true)
  echo "$good passed, $bad failed"
  passed=$((passed + good))
  failed=$((failed + bad))
  if [ $((good + bad)) -ne "$3" ] || { [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; }; then
    report 1 "checks on $2: $((good + bad)) of $3 reported, exit code $status"
  fi
}

run_tests() { # run_tests PROCESSOR TIER PROGRAM OPTIONS...: counts the tests of a program
  local processor=$1 tier=$2 program=$3 status=0 good bad
  shift 3
  step "$(basename "$program") on $processor, by the just-in-time compiler"
  TINYGPT_EXPECT_TIER=$tier emulate "$processor" "$work/$program" --no-progress "$@" >"$work/tests.txt" 2>&1 || status=$?
  good=$(sed -nE 's/^ *succeeded: ([0-9]+).*/\1/p' "$work/tests.txt" | tail -n 1)
  bad=$(sed -nE 's/^ *failed: ([0-9]+).*/\1/p' "$work/tests.txt" | tail -n 1)
  echo "${good:-0} passed, ${bad:-0} failed"
  passed=$((passed + ${good:-0}))
  failed=$((failed + ${bad:-0}))
  if [ "$status" -ne 0 ] || [ "${good:-0}" -eq 0 ]; then
    grep -A 12 -E '^failed ' "$work/tests.txt" | sed 's/^failed/FAILED/' || tail -n 40 "$work/tests.txt"
    [ "${bad:-0}" -ne 0 ] || report 1 "$(basename "$program") on $processor: ended without a result, exit code $status"
  fi
}

install_packages

step "compiling ahead of time"
timeout "$seconds" dotnet publish tests/TinyGpt.Arm64/Checks/TinyGpt.Arm64.csproj -c Release -r linux-arm64 -v quiet -nodeReuse:false -o "$work/checks" \
  -p:CppCompilerAndLinker=aarch64-linux-gnu-gcc -p:ObjCopyName=aarch64-linux-gnu-objcopy

# A dispatch to the scalar code would pass every comparison. So the instructions themselves are counted.
aarch64-linux-gnu-objdump -d --no-show-raw-insn tests/TinyGpt.Arm64/Checks/obj/Release/net10.0/linux-arm64/native/TinyGpt.Arm64.o >"$work/listing"
for function in NeonDpMatrixMultiply NeonDpInt4Sums; do
  count=$(count_instructions sdot $function)
  report $((count == 0)) "$count sdot instructions in $function, with dot products"
done
for function in _NeonMatrixMultiply _NeonInt4Sums; do
  count=$(count_instructions sdot $function)
  report $((count != 0)) "$count sdot instructions in $function, without dot products"
  count=$(count_instructions 'smull2?|smlal2?' $function)
  report $((count == 0)) "$count widening multiplications (smull, smlal) in $function"
done

execute_checks plain cortex-a72 $checks_plain
execute_checks dotprod cortex-a76 $checks_dotprod

if grep -q -x 'ID=ubuntu' /etc/os-release; then
  # Its arm64 packages are on another host. Where this matters, a machine of arm64 runs the ordinary tests.
  echo "skipped: kernel and engine tests by the just-in-time compiler, because Ubuntu's archive for x86-64 has no OpenSSL of arm64"
else
  step "publishing the tests"
  fetch_openssl
  carry_runtime tests/TinyGpt.Kernels.Tests/TinyGpt.Kernels.Tests.csproj kernels
  carry_runtime tests/TinyGpt.Tests/TinyGpt.Tests.csproj engine
  kernels=kernels/TinyGpt.Kernels.Tests
  engine=engine/TinyGpt.Tests
  if [ "${1:-}" = all ]; then
    run_tests cortex-a76 neondp $kernels
    run_tests cortex-a72 neon $kernels
    run_tests cortex-a76 neondp $engine --filter-not-class TinyGpt.Tests.Snapshots.KilledSaveTests
    run_tests cortex-a72 neon $engine --filter-not-class TinyGpt.Tests.Snapshots.KilledSaveTests
  else
    # The processors share the just-in-time compiler. So what has nothing to do with dot products runs on one of them.
    run_tests cortex-a76 neondp $kernels --filter-class 'TinyGpt.Kernels.Tests.NeonDp*' '*.GuardPageTests' '*.KernelTiersTests'
    run_tests cortex-a72 neon $kernels --filter-class '*.NeonTierTests' '*.KernelTiersTests'
    run_tests cortex-a76 neondp $engine --filter-class '*.SnapshotTests' '*.SessionTests' '*.WorkerTeamTests' '*.SharedHashTests'
  fi
fi

step "the end"
echo "arm64: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
