#!/bin/sh
# Builds examples/sqlite for two platforms, static with musl and dynamic with glibc, with the BuildKit inside crossgo,
# checks the four programs and runs them. Exit code 0 only when all four ran.
# Arguments are further flags of crossgo build.
# Needs bin/crossgo (make build), root, and a Debian-like system when an OCI runtime or QEMU is missing.
set -eu
cd "$(dirname "$0")/../.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

crossgo=bin/crossgo
out=out/demo
platforms="linux/amd64 linux/arm64"
# libc and link of each build; the spec is hack/demo/LIBC.yaml
builds="musl:static glibc:dynamic"

# install_missing gets an OCI runtime and QEMU's user emulation from apt when the machine has none.
install_missing() {
	packages=""
	command -v runc >/dev/null 2>&1 || command -v crun >/dev/null 2>&1 || packages="runc"
	command -v qemu-aarch64-static >/dev/null 2>&1 || packages="$packages qemu-user-static"
	[ -n "$packages" ] || return 0
	echo "installing: $packages"
	apt-get update -q
	# shellcheck disable=SC2086 # a list of words
	DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends $packages
}

# machine PLATFORM: the name that uname and QEMU use for it.
machine() {
	case $1 in
	linux/amd64) echo x86_64 ;;
	linux/arm64) echo aarch64 ;;
	*) echo "demo: no machine name for $1" >&2; exit 2 ;;
	esac
}

# run PLATFORM ROOT: starts the program of an image's files, under QEMU when the machine is another one.
run() {
	if [ "$(machine "$1")" = "$(uname -m)" ]; then
		chroot "$2" /sqlite
	else
		"qemu-$(machine "$1")-static" -L "$2" "$2/sqlite"
	fi
}

# row PLATFORM LIBC LINK: checks and runs one program and prints its line of the table.
row() {
	root=$out/$2/$(echo "$1" | tr / _)
	report=$out/$2-$(echo "$1" | tr / -).txt
	verified=no
	said="did not run"
	if "$crossgo" verify --platform "$1" --libc "$2" "--$3" "$root/sqlite" >"$report" 2>&1; then
		verified=yes
	fi
	if run "$1" "$root" >"$report.said" 2>&1 && grep -q '^sqlite: ok$' "$report.said"; then
		said=$(sed -n 's/^library: /sqlite /p; s/^sum: /sum /p' "$report.said" | paste -sd, -)
	else
		sed "s|^|$1 $2: |" "$report.said" >&2
	fi
	printf '%-13s %-6s %-8s %10s  %-9s %s\n' "$1" "$2" "$3" "$(wc -c <"$root/sqlite")" "$verified" "$said"
	[ "$verified" = yes ] && [ "$said" != "did not run" ]
}

install_missing
rm -rf "$out"
mkdir -p "$out"
for build in $builds; do
	libc=${build%:*}
	echo "== examples/sqlite, $libc ${build#*:}"
	"$crossgo" build -f "hack/demo/$libc.yaml" --target image --platform "$(echo "$platforms" | tr ' ' ,)" \
		-o "type=local,dest=$out/$libc" "$@" examples/sqlite
done

failed=0
echo
printf '%-13s %-6s %-8s %10s  %-9s %s\n' platform libc link bytes verified said
for build in $builds; do
	for platform in $platforms; do
		row "$platform" "${build%:*}" "${build#*:}" || failed=1
	done
done
exit $failed
