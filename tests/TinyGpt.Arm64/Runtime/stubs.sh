#!/usr/bin/env bash
# stubs.sh COMPILED.o RUNTIME.o … writes C: every symbol that the compiled code wants and the stand-in runtime lacks becomes a function
# that names itself and ends the process.
set -euo pipefail
compiled=$1
shift
cat <<'EOF'
#include <stdio.h>
#include <stdlib.h>
static void reached(const char *name) {
    fprintf(stderr, "arm64: the compiled code called %s, which the stand-in runtime does not have\n", name);
    abort();
}
EOF
library='mem(move|set|cpy|cmp)|(fma|fmod|sqrt|pow|exp|log|log2|log10|sin|cos|tan|tanh|atan|atan2|ceil|floor)f?' # the C library has them
linker='__(start|stop)___modules|_?_?tls_.*'
comm -23 \
    <(aarch64-linux-gnu-nm --undefined-only --format=posix "$compiled" | cut -d' ' -f1 | sort -u) \
    <(aarch64-linux-gnu-nm --defined-only --format=posix "$@" | cut -d' ' -f1 | sort -u) |
    grep -vxE "$library|$linker" |
    while read -r name; do echo "void $name(void) { reached(\"$name\"); }"; done
