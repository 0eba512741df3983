#!/usr/bin/env bash
# Executes the kernels of AVX-512 and AVX-VNNI, and the decoder on them, on a machine that has neither: the emulator Bochs is the processor,
# and a Linux kernel whose only program is the .NET runtime with the checks of Program.cs is what it boots.
#
#   ./run.sh                     all processors below
#   ./run.sh [--int4] [NAME...]  only what has to do with 4-bit weights, only some processors
#
# Each check compares with the scalar kernels or with the hashes of tests/TinyGpt.Arm64/Shared/ExpectedHashes.cs, which x86-64 and ARM give
# as well. A just-in-time compiler that left an instruction set out would pass all of them. So the tiers that the runtime finds have to be
# exactly those of the processor, and the vector instructions in the compiled matrix kernels are counted.
#
# Needs the .NET 10 SDK and Debian 12 or later on x86-64 as root; installs and builds what is missing. Neither qemu nor valgrind knows these
# instructions. Bochs has all three processors from 3.0 on, which is Debian 13's version; Debian builds it with its debugger, which is slow and
# stops at a prompt. So it is built here from Debian's sources, once, into obj. BOCHS=PATH takes another one without a debugger. Building takes
# five minutes of a core's time, a processor one minute to boot and a few more for its checks.
# Ends with: emulated: N passed, N failed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1

# AVX-512 as in its first processors, where the runtime prefers 256 bits for its own code; AVX-VNNI between the lanes of AVX2; and AVX-VNNI
# between those of AVX-512.
declare -A tiers=([corei7_skylake_x]="avx2 avx512" [arrow_lake]="avx2 avxvnni" [sapphire_rapids]="avx2 avx512 avxvnni")
processors=(corei7_skylake_x arrow_lake sapphire_rapids)
part=
if [ "${1:-}" = --int4 ]; then
  part=int4
  shift
fi
[ $# -eq 0 ] || processors=("$@")

# A run reports this many checks. One that reports fewer stopped early, which is a failure however well it began.
checks_run=3   # three tiers supported or not
checks_tier=57 # 19 operations, 36 decodes, two counts of instructions
[ -z "$part" ] || checks_tier=15 # one operation, 12 decodes, two counts of instructions
seconds=3600   # the most for one processor

# The kernel copies wrongly where a processor has FSRM and its firmware leaves fast string operations off, as Bochs's does. Bochs comes back
# from system management mode, which ACPI is switched on in, with control registers that it refuses.
parameters="console=ttyS0 loglevel=1 clearcpuid=fsrm acpi=off mitigations=off nokaslr tsc=reliable no_timer_check panic=-1"

bochs_version=3.0
bochs_package=$bochs_version+dfsg-1
bochs_suite=trixie
build=$here/obj/bochs-$bochs_version
bochs=${BOCHS:-$build/bochs}

work=$(mktemp -d)
emulator=
trap '[ -z "$emulator" ] || kill "$emulator" 2>/dev/null || true; rm -rf "$work"' EXIT
passed=0
failed=0

install_packages() {
  local missing=() package
  for package in bochsbios vgabios busybox-static isolinux syslinux-common xorriso cpio zstd; do
    dpkg-query -W -f '${Status}' $package 2>/dev/null | grep -q ' installed$' || missing+=($package)
  done
  [ -x "$bochs" ] || missing+=(g++ make)
  [ ${#missing[@]} -eq 0 ] || { apt-get update -q && apt-get install -q -y --no-install-recommends "${missing[@]}"; }
}

build_bochs() { # with apt-get's lists of another Debian in a folder of their own, so that the machine's stay as they are
  local apt=$work/apt sources=/etc/apt/sources.list.d/debian.sources options
  [ -e "$sources" ] || { echo "There is no $sources to take Debian's address from. Build Bochs $bochs_version and set BOCHS."; exit 1; }
  mkdir -p "$apt/sources" "$apt/lists/partial"
  awk 'BEGIN { RS = "" } NR == 1' "$sources" |
    sed -E "s/^Types:.*/Types: deb-src/; s/^Suites:.*/Suites: $bochs_suite/" >"$apt/sources/bochs.sources"
  options=(-q -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$apt/sources" -o "Dir::State::Lists=$apt/lists"
    -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update
  (cd "$apt" && apt-get "${options[@]}" source --download-only --tar-only "bochs=$bochs_package")
  mkdir -p "$build"
  tar -x -f "$apt"/bochs_*.orig.tar.xz -C "$build" --strip-components=1
  (
    cd "$build"
    ./configure --enable-cpu-level=6 --enable-x86-64 --enable-avx --enable-evex --enable-all-optimizations --disable-plugins \
      --disable-docbook --disable-show-ips --with-nogui --without-x11 --without-wx --without-sdl2 CXXFLAGS=-O2
    make -j "$(nproc)"
  ) >"$build.log" 2>&1 || { tail -n 30 "$build.log"; exit 1; }
}

download_kernel() {
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | sed -nE 's/^ *Depends: (linux-image-[0-9].*)/\1/p' | head -n 1)
  (cd "$work" && apt-get download -q -o APT::Sandbox::User=root "$package")
  dpkg-deb --fsys-tarfile "$work"/linux-image-*.deb | tar -x -C "$work" ./boot
  mv "$work"/boot/vmlinuz-* "$work/vmlinuz"
}

make_root() { # the files of the emulated machine: busybox, the .NET runtime with the libraries it names, the checks
  local root=$work/root runtime file name
  dotnet build "$here/TinyGpt.Emulated.csproj" -c Release -v quiet
  runtime=$(dotnet --list-runtimes | sed -nE 's/^Microsoft\.NETCore\.App (10\.[^ ]+) \[(.*)\]$/\2\/\1/p' | tail -n 1)
  mkdir -p "$root"/{bin,dev,proc,tmp,checks,lib64,lib/x86_64-linux-gnu,dotnet/host,dotnet/shared/Microsoft.NETCore.App}
  cp /bin/busybox "$root/bin/"
  for name in sh mount cat awk sleep; do ln -s busybox "$root/bin/$name"; done
  cp "$runtime/../../../dotnet" "$root/dotnet/"
  cp -r "$runtime/../../../host/fxr" "$root/dotnet/host/"
  cp -r "$runtime" "$root/dotnet/shared/Microsoft.NETCore.App/"
  for file in $(ldd "$root"/dotnet/dotnet "$runtime"/lib{coreclr,clrjit,System.Native}.so | grep -oE '/[^ ]+' | grep -v ':$' | sort -u); do
    cp -L "$file" "$root/lib/x86_64-linux-gnu/"
  done
  cp -L /lib64/ld-linux-x86-64.so.2 "$root/lib64/"
  cp "$here"/bin/Release/net10.0/*.{dll,json} "$root/checks/"
  cp "$here/guest.sh" "$root/init"
  chmod +x "$root/init"
  (cd "$root" && find . | cpio -o -H newc --quiet) | zstd -q >"$work/initrd"
}

execute() { # execute PROCESSOR TIERS
  local output=$work/$1.txt disc=$work/$1 start=$SECONDS good bad checks
  echo "== $1: $2"
  mkdir -p "$disc/isolinux"
  cp "$work/vmlinuz" "$work/initrd" "$disc/"
  cp /usr/lib/ISOLINUX/isolinux.bin /usr/lib/syslinux/modules/bios/ldlinux.c32 "$disc/isolinux/"
  cat >"$disc/isolinux/isolinux.cfg" <<CONFIGURATION
DEFAULT checks
LABEL checks
  KERNEL /vmlinuz
  INITRD /initrd
  APPEND $parameters -- $part $2
CONFIGURATION
  xorriso -as mkisofs -quiet -o "$disc.iso" -b isolinux/isolinux.bin -c isolinux/boot.cat -no-emul-boot -boot-load-size 4 \
    -boot-info-table "$disc" 2>/dev/null
  cat >"$work/$1.bochsrc" <<CONFIGURATION
cpu: model=$1, count=1, ips=50000000
memory: guest=1024, host=1024
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/vgabios/vgabios.bin
ata0-master: type=cdrom, path=$disc.iso, status=inserted
boot: cdrom
com1: enabled=1, mode=file, dev=$output
log: $work/$1.log
panic: action=fatal
error: action=ignore
info: action=ignore
display_library: nogui
CONFIGURATION
  : >"$output"
  "$bochs" -q -f "$work/$1.bochsrc" >"$work/$1.screen" 2>&1 </dev/null &
  emulator=$!
  while kill -0 "$emulator" 2>/dev/null && ! grep -q '^== end' "$output" && [ $((SECONDS - start)) -lt "$seconds" ]; do sleep 1; done
  kill "$emulator" 2>/dev/null || true
  wait "$emulator" 2>/dev/null || true
  emulator=

  tr -d '\r' <"$output" >"$output.lines"
  cat "$output.lines"
  good=$(grep -c '^ok ' "$output.lines" || true)
  bad=$(grep -c '^FAILED ' "$output.lines" || true)
  checks=$((checks_run + checks_tier * $(wc -w <<<"$2")))
  if [ $((good + bad)) -ne $checks ] || ! grep -q '^== end, exit code 0' "$output.lines"; then
    echo "FAILED $1: $((good + bad)) of $checks checks reported, or the program failed"
    bad=$((bad + 1))
    tail -n 3 "$work/$1.log"
  fi
  passed=$((passed + good))
  failed=$((failed + bad))
  echo "== $1 took $((SECONDS - start)) s"
}

for processor in "${processors[@]}"; do
  [ -n "${tiers[$processor]:-}" ] || { echo "There is no '$processor'; there are: ${!tiers[*]}"; exit 2; }
done
install_packages
[ -x "$bochs" ] || build_bochs
download_kernel
make_root
for processor in "${processors[@]}"; do
  execute "$processor" "${tiers[$processor]}"
done

echo "emulated: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
