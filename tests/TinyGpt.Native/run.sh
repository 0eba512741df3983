#!/usr/bin/env bash
# Publishes the C library and uses it from C, C++, Python, and under valgrind. What this machine lacks is skipped, and said.
# Ends with one line: native: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0
pass() { echo "passed: $1"; passed=$((passed + 1)); }
fail() { echo "FAILED native: $1"; failed=$((failed + 1)); }
skip() { echo "skipped: $1"; skipped=$((skipped + 1)); }
end() { echo "native: $passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }

compiler=$(command -v clang || command -v gcc || true)
[ -n "$compiler" ] || { skip "there is neither clang nor gcc, which publishing ahead of time links with"; end; }
machine=$(uname -m)
[ "$machine" = aarch64 ] && runtime=linux-arm64 || runtime=linux-x64
if ! dotnet publish src/TinyGpt.Native -c Release -r $runtime -p:CppCompilerAndLinker="$compiler" -o "$work/lib" -v:q -nodeReuse:false > "$work/log" 2>&1 \
  || grep -E 'warning (IL|CS|CA)' "$work/log"; then
  cat "$work/log"
  fail "publishing"
  end
fi
pass "publishing, $(stat -c %s "$work/lib/libtinygpt.so") bytes"

rm -f "$work/lib/libtinygpt.so.dbg" # valgrind cannot read it
needs=$(objdump -p "$work/lib/libtinygpt.so" | sed -n 's/ *NEEDED *//p' | grep -vE '^(libc|libm|libdl|libpthread|librt|ld-linux.*)\.so' || true)
[ -z "$needs" ] && pass "it needs the C library and nothing else" || fail "it needs $needs"
exported=$(nm -D --defined-only "$work/lib/libtinygpt.so" | awk '{print $3}' | sed 's/@.*//' | grep '^tgpt_' | sort)
declared=$(grep -oE '\btgpt_[a-z_]+\(' src/TinyGpt.Native/tinygpt.h | tr -d '(' | sort -u)
[ "$exported" = "$declared" ] && pass "the header declares what is exported" || fail "exported and declared differ: $(diff <(echo "$exported") <(echo "$declared"))"

expected=$(dotnet exec tools/TinyGpt.Cli/bin/Release/net10.0/tinygpt.dll generate -m tests/Golden/first-lz4.tgpt -p "A room" -n 20 --temperature 0)
link=(-I "$work/lib" tests/TinyGpt.Native/client.c -o "$work/client" -L "$work/lib" -ltinygpt -lpthread "-Wl,-rpath,$work/lib")
if "$compiler" -std=c11 -Wall -Wextra -Wpedantic -Werror "${link[@]}"; then
  pass "the client compiles as C11 without a warning"
  if said=$("$work/client" tests/Golden "$work/save"); then
    pass "the client's checks"
    [ "$said" = "$expected" ] && pass "the client's text is the command line's" || fail "the client said '$said', and the command line '$expected'"
  else
    echo "$said"
    fail "the client's checks"
  fi
else
  fail "the client does not compile"
fi

if command -v c++ > /dev/null; then
  echo '#include "tinygpt.h"' > "$work/header.cpp"
  c++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I "$work/lib" -c "$work/header.cpp" -o "$work/header.o" && pass "the header is C++" || fail "the header is not C++"
else
  skip "there is no C++ compiler"
fi

if command -v python3 > /dev/null; then
  said=$(python3 tests/TinyGpt.Native/client.py "$work/lib/libtinygpt.so" tests/Golden) && [ "$said" = "$expected" ] \
    && pass "Python says the same" || fail "Python said '$said'"
else
  skip "there is no python3"
fi

# valgrind does not know AVX-512; the library looks for it and finds none.
if command -v valgrind > /dev/null; then
  if DOTNET_GCHeapHardLimit=0x10000000 valgrind --quiet --error-exitcode=9 --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
    "$work/client" tests/Golden "$work/save" > "$work/said" 2> "$work/valgrind"; then
    pass "valgrind finds nothing"
  else
    tail -n 40 "$work/valgrind"
    fail "valgrind"
  fi
else
  skip "there is no valgrind"
fi

end
