#!/usr/bin/env bash
# make_env.sh PYTHON VENV LOCK: a virtual environment that holds exactly LOCK; nothing to do when it already does.
set -euo pipefail
python=$1 venv=$2 lock=$3
[ -L "$venv" ] && exit 0 # somebody's own environment
[ -n "$python" ] || { echo "Python 3.11, 3.12 or 3.13 is needed: apt-get install python3 python3-venv"; exit 1; }
stamp=$venv/.installed-$(sha256sum "$lock" | cut -c1-16)
[ -f "$stamp" ] && exit 0
echo "Preparing $venv from $lock (once; a few minutes on a slow line) …"
[ -x "$venv/bin/python" ] || "$python" -m venv "$venv"
# uv installs in parallel; pip does the same job where uv has no wheel
if "$venv/bin/python" -m pip install -q --disable-pip-version-check uv 2>/dev/null; then
    # compiled once here rather than at every start where the environment forbids writing bytecode
    "$venv/bin/python" -m uv pip install -q --compile-bytecode --python "$venv/bin/python" --require-hashes -r "$lock"
else
    "$venv/bin/python" -m pip install --disable-pip-version-check --require-hashes -r "$lock"
fi
rm -f "$venv"/.installed-*
touch "$stamp"
