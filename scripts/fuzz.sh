#!/usr/bin/env bash
# Searches one reader for inputs that break it, guided by coverage, and says how many inputs were tried and what was found.
#   scripts/fuzz.sh TARGET MINUTES      e.g. scripts/fuzz.sh ConfigJson 10      scripts/fuzz.sh all 1
# Minutes may be a fraction. What a search found lies in the target's inputs folder, where every build replays it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
tests=core/src/test/java

targets() { find "$tests" -name '*FuzzTest.java' -exec basename {} FuzzTest.java \; | sort; }

if [ $# != 2 ] || ! [[ $2 =~ ^[0-9]+(\.[0-9]+)?$ ]] || { [ "$1" != all ] && ! targets | grep -qx "$1"; }; then
  printf 'usage: scripts/fuzz.sh TARGET MINUTES; targets: all %s\n' "$(targets | tr '\n' ' ')" >&2
  exit 2
fi
JAVA_HOME=$(./nla jdk)
export JAVA_HOME
seconds=$(awk -v m="$2" 'BEGIN {printf "%d", m * 60 + 0.5}')
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A search's hooks allocate, so its bounds on memory are wide: what it kept is read again without hooks, under the true ones.
replay() { # TARGET PACKAGE
  local class corpus inputs
  class=$(echo "${2#"$tests"/}" | tr / .).$1FuzzTest
  corpus=core/.cifuzz-corpus/$class
  [ -d "$corpus" ] || return 0
  inputs=core/target/test-classes/${2#"$tests"/}/$1FuzzTestInputs
  cp -r "$corpus"/. "$inputs"
  mvn -B -pl core surefire:test -Dtest="$1FuzzTest" -Dsurefire.failIfNoSpecifiedTests=false >"$log.replay" 2>&1 || {
    cat "$log.replay" >>"$log"
    rm -rf "$log.replay" "$inputs"
    return 1
  }
  rm -rf "$log.replay" "$inputs"
}

fuzz() { # TARGET
  local status=0 package findings
  package=$(dirname "$(find "$tests" -name "$1FuzzTest.java")")
  JAZZER_FUZZ=1 JAZZER_MAX_DURATION="${seconds}s" mvn -B -pl core test -Dtest="$1FuzzTest" \
    -Dsurefire.failIfNoSpecifiedTests=false -Dspotless.check.skip=true -Dnla.jazzer.hooks=true >"$log" 2>&1 || status=$?
  # libFuzzer's lines begin with the number of inputs tried: "#1234 DONE cov: …" or "Done 1234 runs in 60 second(s)"
  local runs
  runs=$(grep -aoE '(^|[^0-9])#[0-9]+|Done [0-9]+ runs' "$log" | grep -oE '[0-9]+' | sort -n | tail -1)
  findings=$(grep -aoE '(crash|timeout|oom|slow-unit)-[0-9a-f]{40}' "$log" | sort -u | wc -l)
  printf '%s: %s inputs in %s s, %s findings\n' "$1" "${runs:-0}" "$seconds" "$findings"
  replay "$1" "$package" || { status=1; grep -aE 'AssertionError|^.ERROR' "$log" | head -10 >&2; }
  if [ $status != 0 ] || [ "$findings" != 0 ] || [ "${runs:-0}" = 0 ]; then
    grep -aE 'ERROR|Java Exception|==.*(ERROR|libFuzzer)|AssertionError|	at dev\.nla4j|crash-|timeout-' "$log" | head -30 >&2
    printf '%s: its inputs lie under %s\n' "$1" "${package/src\/test\/java/src\/test\/resources}" >&2
    return 1
  fi
}

worst=0
for target in $([ "$1" = all ] && targets || echo "$1"); do fuzz "$target" || worst=1; done
exit $worst
