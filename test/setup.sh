#!/bin/sh
# Installs what the real-BuildKit tests and `make demo` need and the machine lacks: an OCI runtime, QEMU user emulation,
# the docker command. Needs root and a Debian-like system only when something is missing. Safe to run again.
set -eu

# missing PROGRAM PACKAGE: prints PACKAGE when PROGRAM is not on the PATH.
missing() {
	command -v "$1" >/dev/null 2>&1 || echo "$2"
}

# rootless_user: makes the ordinary user who runs a rootless buildkitd, with the numbers that its containers' users have.
rootless_user() {
	id crossgo-test >/dev/null 2>&1 || useradd --system --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin crossgo-test
	grep -qs '^crossgo-test:' /etc/subuid || usermod --add-subuids 2000000000-2000065535 crossgo-test
	grep -qs '^crossgo-test:' /etc/subgid || usermod --add-subgids 2000000000-2000065535 crossgo-test
}

PATH=$PATH:/usr/sbin:/sbin
packages=""
command -v crun >/dev/null 2>&1 || packages="$packages $(missing runc runc)"
packages="$packages $(missing qemu-aarch64-static qemu-user-static)"
[ -e /usr/share/keyrings/debian-archive-keyring.gpg ] || packages="$packages debian-archive-keyring" # the tests' archive is composed of Debian's
[ -n "${1:-}" ] || packages="$packages $(missing git git) $(missing gcc gcc) $(missing clang clang) $(missing ld.lld lld) $(missing chromium chromium) $([ -e /usr/include/stdio.h ] || echo libc6-dev)" # verify reads what they made, chromium opens the report
[ -n "${1:-}" ] || packages="$packages $(missing rootlesskit rootlesskit) $(missing newuidmap uidmap)" # for a rootless buildkitd
if [ "${1:-}" = bench ]; then
	packages="$packages $(missing mmdebstrap mmdebstrap)"
fi

# newer Debian has the command alone, older Debian only together with the engine, which is not started here
docker=$(missing docker docker-cli)

if [ -z "$(echo "$packages$docker" | tr -d ' ')" ]; then
	[ -n "${1:-}" ] || rootless_user
	exit 0
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -q
if [ -n "$docker" ]; then
	apt-cache show docker-cli >/dev/null 2>&1 || docker=docker.io
	packages="$packages $docker"
fi
# shellcheck disable=SC2086 # a list of words
apt-get install -q -y --no-install-recommends ca-certificates $packages
[ -n "${1:-}" ] || rootless_user
