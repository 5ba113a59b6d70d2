#!/bin/sh
# tests/cleanroot/run.sh: the Debian packages in a Debian that has nothing else.
# Makes the packages twice, and runs the suite about them. Makes a Debian with
# debootstrap, of the release that this machine has and from where it has its
# packages, installs with apt-get, runs the demo there as a user of no rights,
# takes the packages away, and looks that nothing stays. As root, on Debian.
# BUILD (build) is where it is made; it is removed at the end.
set -eu
ROOT=$(cd "$(dirname "$0")/../.." && pwd)
DIR=${BUILD:-$ROOT/build}/cleanroot
version=$(sed -n 's/^VERSION *= *//p' "$ROOT/Makefile")

lacks() {
	echo "cleanroot: $*" >&2
	exit 78
}
[ "$(id -u)" -eq 0 ] || lacks 'chroot is for root alone: sudo make cleanroot'
for tool in debootstrap:debootstrap dpkg-buildpackage:dpkg-dev fakeroot:fakeroot; do
	command -v "${tool%:*}" >/dev/null || lacks "${tool%:*} is not here: apt-get install ${tool#*:}"
done
suite=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format "\$(REPO_URI) \$(CODENAME)" 'Identifier: Packages' |
	awk -v suite="$suite" '$2 == suite && /debian/ { print $1; exit }')
[ -n "$mirror" ] || lacks "no source of Debian $suite in /etc/apt"

step() {
	printf '\n# %s\n' "$*"
}
inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
		${http_proxy:+http_proxy="$http_proxy"} chroot "$DIR/root" "$@"
}
quietly() { # COMMAND [ARG...]: its output only if it fails
	"$@" >"$DIR/log" 2>&1 || {
		cat "$DIR/log" >&2
		echo "cleanroot: that failed: $*" >&2
		exit 1
	}
}
# What tc's files are called, wherever they are; the packages' own list of files went with them.
ours() {
	find "$DIR/root" -xdev \( -name 'tc-*' -o -name '_tc-*' -o -name 'tc.7*' \) ! -path '*/tmp/*' ! -path '*/var/log/*'
}

rm -rf "$DIR"
mkdir -p "$DIR"
trap 'rm -rf "$DIR/root"' EXIT

step 'the packages'
sh "$ROOT/tests/deb.sh" "$DIR/deb" "$version"
sh "$ROOT/tests/deb.sh" "$DIR/again" "$version"
DEBS=$DIR/deb AGAIN=$DIR/again BUILD=${BUILD:-$ROOT/build} bats "$ROOT/tests/cleanroot/packages.bats"

step "debootstrap --variant=minbase $suite $mirror"
quietly debootstrap --variant=minbase "$suite" "$DIR/root" "$mirror"
mkdir "$DIR/root/tmp/tc"
cp "$DIR"/deb/*.deb "$ROOT/tests/demo.sh" "$DIR/root/tmp/tc"
cp /etc/resolv.conf "$DIR/root/etc/resolv.conf"
[ -z "$(ours)" ] || lacks 'what is in a new Debian already looks like ours'

step 'apt-get install ./*.deb'
quietly inside apt-get update
# what tc-tools recommends, and what the demo downloads with
quietly inside sh -c 'apt-get install -y --no-install-recommends /tmp/tc/*.deb jq curl'
inside dpkg-query -W -f '${Package} ${Version} ${Status}\n' tc-tools tc-serve tc-rate
inside tc-create --version

step 'the demo, as a user of no rights'
inside useradd --create-home someone
# /dev/fd, which tc-serve hands sources over by, is in /proc; the mount ends with the command
# shellcheck disable=SC2016 # for the inner shell
quietly unshare --mount sh -c 'mount -t proc proc "$1/proc" && exec chroot --userspec=someone "$1" env -i \
	PATH=/usr/bin:/bin HOME=/home/someone LC_ALL=C.UTF-8 sh /tmp/tc/demo.sh /usr/bin /home/someone/demo' sh "$DIR/root"
tail -n 12 "$DIR/log"
grep -q 'All 5 play\.' "$DIR/log"

step 'apt-get purge tc-tools tc-serve tc-rate'
quietly inside apt-get purge -y tc-tools tc-serve tc-rate
left=$(ours)
[ -z "$left" ] || {
	printf 'cleanroot: these stay:\n%s\n' "$left" >&2
	exit 1
}
echo 'nothing of them stays'
