#!/usr/bin/env bash
# Publishes the command line and the tavern ahead of time, and compares what they do with the JIT's.
# Ends with one line: published: N passed, N failed, N skipped.
set -uo pipefail
cd "$(dirname "$0")/../.."
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0
skipped=0
pass() { echo "passed: $1"; passed=$((passed + 1)); }
fail() { echo "FAILED published: $1"; failed=$((failed + 1)); }
skip() { echo "skipped: $1"; skipped=$((skipped + 1)); }
end() { echo "published: $passed passed, $failed failed, $skipped skipped"; [ "$failed" -eq 0 ]; exit; }

compiler=$(command -v clang || command -v gcc || true)
[ -n "$compiler" ] || { skip "there is neither clang nor gcc, which publishing ahead of time links with"; end; }
[ "$(uname -m)" = aarch64 ] && runtime=linux-arm64 || runtime=linux-x64

publish() { # PROJECT FOLDER
  if dotnet publish "$1" -c Release -r $runtime -p:PublishAot=true -p:CppCompilerAndLinker="$compiler" -o "$work/$2" -nodeReuse:false > "$work/log" 2>&1 \
    && ! grep -E 'warning ' "$work/log"; then
    pass "$1 without warnings, $(stat -c %s "$work/$2/$3") bytes"
  else
    cat "$work/log"
    fail "publishing $1"
    return 1
  fi
}

jit() { dotnet exec tools/TinyGpt.Cli/bin/Release/net10.0/tinygpt.dll "$@"; }
same() { # what the two say on standard output, and how they end, must be equal
  local expected got status
  expected=$(jit "$@" 2> /dev/null)
  status=$?
  got=$("$work/cli/tinygpt" "$@" 2> "$work/error")
  if [ $? -eq $status ] && [ "$got" = "$expected" ]; then pass "tinygpt $1"; else fail "tinygpt $*: $(cat "$work/error") $got"; fi
}

if publish tools/TinyGpt.Cli cli tinygpt; then
  model=tests/Golden/first-lz4.tgpt
  echo "The inn is open, and the ale is two coppers." > "$work/text"
  same --help
  same generate -p "A room for the night?" -n 20
  same generate -m $model -p "A room" -n 10 --temperature 1 --seed 5
  same tokenize -m $model --file "$work/text"
  same logits -m $model --ids 1,2,3
  same perplexity -m $model --file "$work/text"
  same inspect $model --verify
  same inspect "$work/text"
  for command in synth bench doctor pack train finetune chat; do
    case $command in
      synth) run=(synth --shape synth-15m -o "$work/synth.tgpt") ;;
      bench) run=(bench -m $model --threads 1 --batch 1 --prompt 8 --tokens 4 --repeats 1 --json) ;;
      doctor) run=(doctor) ;;
      train) for i in $(seq 60); do cat "$work/text"; done > "$work/texts"
        run=(train --data "$work/texts" -o "$work/trained" --steps 2 --layers 1 --width 32 --heads 2 --context 16 --batch 2 --vocab-size 270) ;;
      finetune) run=(finetune --from "$work/trained" --data "$work/texts" --validation "$work/texts" -o "$work/tuned" --steps 1 --batch 2) ;;
      pack) continue ;;
      chat) continue ;;
    esac
    "$work/cli/tinygpt" "${run[@]}" > "$work/out" 2>&1 && pass "tinygpt $command" || { tail -n 5 "$work/out"; fail "tinygpt $command"; }
  done
  "$work/cli/tinygpt" pack "$work/trained" -o "$work/packed.tgpt" > "$work/out" 2>&1 && pass "tinygpt pack" || { cat "$work/out"; fail "tinygpt pack"; }
  "$work/cli/tinygpt" pull --help > /dev/null && pass "tinygpt pull --help" || fail "tinygpt pull --help"
  said=$(echo "What do you sell?" | "$work/cli/tinygpt" 2> "$work/error")
  # A talk has a seed of its own each time, so the words differ; the wares do not.
  [[ "$said" == *ale* ]] && pass "the innkeeper's answer" || fail "the innkeeper's answer: $said $(cat "$work/error")"
fi

if publish samples/Tavern tavern TinyGpt.Samples.Tavern; then
  "$work/tavern/TinyGpt.Samples.Tavern" --demo 200 > "$work/demo" 2>&1 && pass "the tavern's demo" || { tail -n 5 "$work/demo"; fail "the tavern's demo"; }
  dotnet exec samples/Tavern/bin/Release/net10.0/TinyGpt.Samples.Tavern.dll --demo 200 > "$work/demo-jit" 2>&1
  diff <(head -n 22 "$work/demo") <(head -n 22 "$work/demo-jit") > /dev/null && pass "its last frame is the JIT's" || fail "its last frame is not the JIT's"
fi

if publish tests/TinyGpt.Published chat TinyGpt.Published; then
  said=$("$work/chat/TinyGpt.Published") && [ -n "$said" ] && pass "IChatClient answers: $said" || fail "IChatClient: $said"
fi

end
