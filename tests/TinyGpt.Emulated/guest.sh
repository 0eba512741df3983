#!/bin/sh
# The first and only program of the emulated machine, started by its kernel with the arguments of the checks.
export PATH=/bin HOME=/tmp
mount -t proc proc /proc
mount -t devtmpfs dev /dev
mount -t tmpfs tmp /tmp

# Optimized code at once: the kernels ask for it anyway, and an emulator has no time for compiling the rest twice. The compiler's listing of
# the methods with this name is what the instructions are counted in.
export DOTNET_TieredCompilation=0 DOTNET_EnableDiagnostics=0 DOTNET_GCHeapHardLimit=0x10000000
export DOTNET_JitDisasm=Multiply DOTNET_JitStdOutFile=/tmp/listing
/dotnet/dotnet exec /checks/TinyGpt.Emulated.dll "$@"
code=$?

count() { # count TIER METHODS INSTRUCTION: how often the tier's methods have an instruction on vectors of the tier's width
  number=$(awk -v methods="$2" -v instruction="$3" '
    /^; Assembly listing for method/ { inside = $0 ~ methods }
    inside && $0 ~ instruction { count++ }
    END { print count + 0 }' /tmp/listing)
  if [ "$number" -gt 0 ]; then result="ok    "; else result="FAILED"; code=1; fi
  echo "$result $1: $number times '$3' in $2"
}

for tier in "$@"; do
  case $tier in
    avx2)
      count avx2 Avx2Int4Sums 'vpmaddubsw .*ymm'
      count avx2 Avx2MatrixMultiply 'vpmaddwd .*ymm'
      ;;
    avx512)
      count avx512 Avx512Int4Sums 'vpmaddubsw .*zmm'
      count avx512 Avx512MatrixMultiply 'vpmaddwd .*zmm'
      ;;
    avxvnni)
      count avxvnni AvxVnniInt4Sums 'vpdpbusd .*ymm'
      count avxvnni AvxVnniMatrixMultiply 'vpdpbusd .*ymm'
      ;;
  esac
done
echo "== end, exit code $code"
while true; do sleep 1000; done # until it is switched off: a machine that halts itself loses the last lines
