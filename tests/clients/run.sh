#!/usr/bin/env bash
# The vendor's own clients on the sandbox: its Python SDK 22 and its OpenAPI client handle all pending work of the demo data.
# Each is installed into a virtual environment of its own, in the folder that is the first argument (a temporary one
# without it). What cannot be installed here is said and left out.
set -euo pipefail
cd "$(dirname "$0")/../.."

here=tests/clients
folder=${1:-$(mktemp -d)}
mkdir -p "$folder"
sandbox_pid=
stop() { [ -z "$sandbox_pid" ] || kill "$sandbox_pid" 2> /dev/null || true; sandbox_pid=; }
trap stop EXIT

cargo build --quiet --example sandbox

# Starts a fresh sandbox and writes the configuration that it prints.
start() {
    stop
    rm -f "$folder/sandbox.txt"
    ./target/debug/examples/sandbox > "$folder/sandbox.txt" 2> "$folder/calls.txt" &
    sandbox_pid=$!
    for _ in $(seq 100); do
        grep -qs '^}' "$folder/sandbox.txt" && break
        sleep 0.1
    done
    sed -n '/^{/,/^}/p' "$folder/sandbox.txt" > "$folder/config.json"
}

# The first of these Pythons that is here, also one of pyenv.
python_of() {
    for version in "$@"; do
        for python in "python$version" "$HOME"/.pyenv/versions/"$version".*/bin/python; do
            if "$python" -c 'import venv' 2> /dev/null; then
                echo "$python"
                return
            fi
        done
    done
}

# run PACKAGE SCRIPT PYTHON…
run() {
    local package=$1 script=$2 environment="$folder/${2%.py}"
    shift 2
    local python
    python=$(python_of "$@")
    if [ -z "$python" ]; then
        echo "left out: $package needs one of Python $*, and none is here"
        return
    fi
    if [ ! -d "$environment" ] || ! "$environment/bin/python" -c 'import connect' 2> /dev/null; then
        "$python" -m venv "$environment"
        if ! "$environment/bin/pip" install --quiet "$package" > "$folder/pip.txt" 2>&1; then
            echo "left out: $package cannot be installed here"
            return
        fi
    fi
    start
    echo "== $package"
    "$environment/bin/python" "$here/$script" "$folder/config.json"
}

# Its pins need a Python of its time.
run connect-sdk==22.0 python_sdk_22.py 3.8 3.9
run connect-openapi-client openapi_client.py 3.11 3.12 3.10 3.13
# The control path needs nothing but Python itself.
python=$(python_of 3 3.11 3.12 3.10 3.8)
if [ -n "$python" ]; then
    start
    echo "== the control path"
    "$python" "$here/control_path.py" "$folder/config.json"
fi
