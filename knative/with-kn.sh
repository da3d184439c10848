#!/usr/bin/env bash
# knative/with-kn.sh [--print] OVERLAY
#
# Installs what `kubectl apply -k OVERLAY` does, with kn as far as it reaches: docs/kn.md. --print: only says how. Can be
# repeated: what is there is updated.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$PATH:$here/../.venv/bin

fail() { echo "with-kn.sh: $1" >&2; exit 1; }

dry=
if [ "${1:-}" = --print ]; then dry=yes; shift; fi
[ $# = 1 ] || fail "name one overlay, as in: knative/with-kn.sh [--print] knative/overlays/production"
[ -d "$1" ] || fail "there is no folder $1; the overlays are: $(cd "$here" && echo overlays/*)"
command -v kubectl >/dev/null || fail "there is no kubectl; install kubectl 1.30 or newer"
[ -n "$dry" ] || command -v kn >/dev/null || fail "there is no kn; install it, or say --print to see the commands"
python=$here/../.venv/bin/python
[ -x "$python" ] || python=python3
"$python" -c 'import yaml' 2>/dev/null || fail "$python has no PyYAML; say make install, or $python -m pip install pyyaml"

objects=$(kubectl kustomize "$1")
commands=$("$python" "$here/with_kn.py" <<<"$objects")
if [ -n "$dry" ]; then
    echo "$commands"
    exit
fi

# `create` refuses what is there already: then it is updated, in all that can be changed of it.
kn() {
    if [ "$2" = create ] && command kn "$1" describe "$3" -n "$5" >/dev/null 2>&1; then
        local kind=$1 words=()
        shift 2
        while [ $# -gt 0 ]; do
            case $1 in
                --broker | --broker-config | --class) shift ;;
                *) words+=("$1") ;;
            esac
            shift
        done
        set -- "$kind" update "${words[@]}"
    fi
    command kn "$@"
}
eval "$commands"
