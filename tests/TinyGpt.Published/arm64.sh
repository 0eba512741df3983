#!/usr/bin/env bash
# Publishes the command line and the C library for arm64 on an x86-64 machine, and runs them under qemu on processors without and with dot
# products: they have to say what x86-64 says. Installs the cross compiler and qemu with apt-get where they are missing.
# Ends with one line: published: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
pass() { echo "passed: $1"; passed=$((passed + 1)); }
fail() { echo "FAILED arm64: $1"; failed=$((failed + 1)); }
end() { echo "published: $passed passed, $failed failed, ${1:-0} skipped"; [ "$failed" -eq 0 ]; exit; }

[ "$(uname -sm)" = "Linux x86_64" ] || { echo "skipped: this is no x86-64 Linux machine"; end 1; }
if ! command -v aarch64-linux-gnu-gcc > /dev/null || ! command -v qemu-aarch64-static > /dev/null || [ ! -e /usr/aarch64-linux-gnu/include/stdlib.h ]; then
  sudo=
  [ "$(id -u)" -eq 0 ] || sudo=sudo
  $sudo apt-get update -q && $sudo apt-get install -q -y --no-install-recommends gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user-static
fi

if packaging/publish.sh linux-arm64 > "$work/log" 2>&1 && ! grep -E 'warning (IL|CS|CA)' "$work/log"; then
  pass "publishing for linux-arm64 without warnings"
else
  cat "$work/log"
  fail "publishing for linux-arm64"
  end
fi

arm=artifacts/publish/linux-arm64
model=tests/Golden/first-lz4.tgpt
echo "The inn is open, and the ale is two coppers." > "$work/text"
jit() { dotnet exec tools/TinyGpt.Cli/bin/Release/net10.0/tinygpt.dll "$@"; }
same() { # PROCESSOR COMMAND...: standard output must be equal
  local got expected
  expected=$(jit "${@:2}" 2> /dev/null)
  got=$(qemu-aarch64-static -cpu "$1" -L /usr/aarch64-linux-gnu $arm/tool/tinygpt "${@:2}" 2> "$work/error")
  [ -n "$expected" ] && [ "$got" = "$expected" ] && pass "tinygpt $2 on $1" || fail "tinygpt ${*:2} on $1: $(cat "$work/error") $got"
}

aarch64-linux-gnu-gcc -std=c11 -Wall -Wextra -Werror -I $arm/c tests/TinyGpt.Native/client.c -o "$work/client" -L $arm/c -ltinygpt -lpthread \
  "-Wl,-rpath,$PWD/$arm/c" || fail "the C client does not compile"
expected=$(jit generate -m $model -p "A room" -n 20 --temperature 0)
for processor in cortex-a72 cortex-a76; do
  tier=$([ $processor = cortex-a76 ] && echo neondp || echo neon)
  qemu-aarch64-static -cpu $processor -L /usr/aarch64-linux-gnu $arm/tool/tinygpt generate -m $model -p A -n 1 --json 2> /dev/null \
    | grep -q "\"tier\":\"$tier\"" && pass "$processor takes $tier" || fail "$processor does not take $tier"
  same $processor generate -p "A room for the night?" -n 12 --threads 1
  same $processor generate -m $model -p "A room" -n 20 --temperature 1 --seed 5 --threads 2
  same $processor generate -m $model -p "A room" -n 20 --kv int8
  same $processor logits -m $model --ids 1,2,3
  same $processor perplexity -m $model --file "$work/text"
  same $processor inspect $model --verify
  # Sessions on two threads, saves, choices and errors, by way of C.
  said=$(qemu-aarch64-static -cpu $processor -L /usr/aarch64-linux-gnu "$work/client" tests/Golden "$work/save" 2> "$work/error")
  [ $? -eq 0 ] && [ "$said" = "$expected" ] && pass "the C client on $processor, $(cat "$work/error")" || fail "the C client on $processor: $said $(cat "$work/error")"
done

end
