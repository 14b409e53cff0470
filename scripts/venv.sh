# Sourced by scripts/serve and scripts/test: one virtual environment, filled from the lock files.
#
# The environment is `.venv` beside this folder, or $OTPBLUE_VENV. What was installed into it is noted
# in a stamp, a hash of everything that decides its content; nothing is installed again until
# that changes. The package itself is installed in place, so a changed source needs no new install.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
venv=${OTPBLUE_VENV:-$root/.venv}

fail() {
    printf '%s: %s\n' "$(basename "$0")" "$1" >&2
    exit 1
}

pythons=${OTPBLUE_PYTHON:-python3.13 python3.12 python3.11 python3 python /usr/bin/python3}

# Print the Python to make the environment with: the newest one that the tests run on and that is
# built to be fast, else the newest. A name on PATH proves nothing (a version manager's stand-in is
# there for versions that are not), so each is run.
choose_python() {
    local candidate usable='' broken=''
    for candidate in $pythons; do
        "$candidate" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null || continue
        if ! "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            broken=${broken:-$candidate}
        elif is_fast "$candidate"; then
            printf '%s\n' "$candidate"
            return
        else
            usable=${usable:-$candidate}
        fi
    done
    if [ -n "$usable" ]; then
        printf '%s\n' "$usable"
        return
    fi
    [ -z "$broken" ] ||
        fail "$broken cannot make virtual environments (on Debian: apt-get install python3-venv)"
    fail "no Python 3.11 or newer found (tried: $pythons)"
}

# Tell whether a Python is not the kind that version managers build: a shared library without
# profile-guided optimisation, with which a message costs a tenth more.
is_fast() {
    "$1" - 2>/dev/null <<'END'
import sysconfig

optimised = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
try:
    with open("/proc/self/maps") as maps:
        shared = "libpython3" in maps.read()
except OSError:
    shared = False
raise SystemExit(shared and not optimised)
END
}

# Print the stamp of a set of packages, `serve` or `test`.
stamp_of() {
    {
        printf '%s %s\n' "$1" "$root"
        "$venv/bin/python" -V
        cat "$root/pyproject.toml" "$root/requirements/build.lock" "$root/requirements/$1.lock"
    } | "$venv/bin/python" -c 'import hashlib, sys; print(hashlib.sha256(sys.stdin.buffer.read()).hexdigest())'
}

# Install one lock file: these versions with these hashes, or nothing.
install_lock() {
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --require-hashes --no-build-isolation --requirement "$root/requirements/$1.lock" ||
        fail "could not install requirements/$1.lock (is the package registry reachable?)"
}

# Make the environment, or bring it up to date, with the packages of a set: `serve` or `test`.
prepare_venv() {
    local set=$1 python wanted
    if [ ! -e "$venv" ]; then
        python=$(choose_python) || exit 1
        echo "making $venv with $("$python" -V)" >&2
        "$python" -m venv "$venv" || fail "could not make $venv"
    fi
    "$venv/bin/python" -c 'import sys; raise SystemExit(sys.version_info < (3, 11) or sys.prefix == sys.base_prefix)' 2>/dev/null ||
        fail "$venv is no working virtual environment of Python 3.11 or newer; remove it or set OTPBLUE_VENV"

    wanted=$(stamp_of "$set")
    [ "$(cat "$venv/.installed-$set" 2>/dev/null)" != "$wanted" ] || return 0
    echo "installing requirements/$set.lock into $venv" >&2
    # An interrupted install must not look like a finished one, nor like the other set's.
    rm -f "$venv"/.installed-*
    # Source packages are built with the locked setuptools, not with one that pip would fetch
    # by itself, without a hash, into a build environment of its own: hence build.lock first.
    install_lock build
    install_lock "$set"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
        --no-deps --no-build-isolation --editable "$root" || fail "could not install the package itself"
    printf '%s\n' "$wanted" >"$venv/.installed-$set"
    # The test set holds all of the serve set, in the same versions.
    if [ "$set" = test ]; then stamp_of serve >"$venv/.installed-serve"; fi
}
