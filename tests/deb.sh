#!/bin/sh
# tests/deb.sh DIR VERSION: makes Debian packages of this checkout below DIR:
# tc-tools, the filters, tc-pool and tc-report, and tc-serve apart, with tc-hook,
# which need ffmpeg and an HTTP server, and tc-rate, which needs hiredis. Works
# on a copy; all of debian/ is written here. What it takes is in Debian's dpkg-dev, with no debhelper.
# DEBFULLNAME and DEBEMAIL say who makes them. The version gives way to Debian's
# own packages, should there be any.
set -eu

for tool in dpkg-buildpackage dpkg-shlibdeps dpkg-deb; do
	command -v $tool >/dev/null || {
		echo "deb.sh: $tool is not here: install dpkg-dev (apt-get install dpkg-dev fakeroot)" >&2
		exit 78
	}
done

version=$2
from=$(cd "$(dirname "$0")/.." && pwd)
rm -rf "$1"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
copy=$dir/tc-$version
mkdir -p "$copy/debian"
cd "$from"
cp -R Makefile LICENSE README.md cmd lib man "$copy"
cd "$copy"

# The commit's time, or of a tarball the Makefile's: the same bytes each time.
: "${SOURCE_DATE_EPOCH:=$(git -C "$from" log -1 --format=%ct 2>/dev/null || date -r "$from/Makefile" +%s)}"
export SOURCE_DATE_EPOCH
when=$(date -u -R -d "@$SOURCE_DATE_EPOCH")
maintainer="${DEBFULLNAME:-The tc authors} <${DEBEMAIL:-tc@example.org}>"

cat >debian/changelog <<END
tc ($version-1~upstream1) unstable; urgency=medium

  * Release $version. tc-news(7) says what is new.

 -- $maintainer  $when
END

# dpkg-shlibdeps does not see it: it is loaded when a request is to be sent
libcurl='libcurl4 (>= 7.85) | libcurl3-gnutls (>= 7.85)'

cat >debian/control <<END
Source: tc
Section: video
Priority: optional
Maintainer: $maintainer
Build-Depends: libcurl4-openssl-dev | libcurl-dev, libssl-dev, libmicrohttpd-dev, libsqlite3-dev, libhiredis-dev
Standards-Version: 4.6.2
Rules-Requires-Root: no

Package: tc-tools
Architecture: any
Depends: \${shlibs:Depends}, $libcurl
Recommends: jq
Suggests: tc-serve, tc-rate, bash-completion
Description: batch video transcoding against hosted services, as filters
 Hosted transcoding services have no call for a batch. These tools make one
 out of a stream of lines: tc-put uploads files, tc-create creates a job for
 each, tc-wait waits for it, tc-url finds its outputs and tc-get downloads
 them. tc-pool runs any command across lines, at a bounded concurrency, with
 retries where they make sense. tc-report says how a batch went.
 .
 Records are JSON, one a line, in the order of the input. With a ledger any
 run can be stopped and run again, and no job is created twice.

Package: tc-serve
Architecture: any
Depends: \${shlibs:Depends}, $libcurl, ffmpeg
Suggests: tc-tools
Description: transcoding services' APIs on this machine, with ffmpeg behind them
 Takes the calls of the transcoding services FFmpeg Micro and Transcodely, and
 encodes with ffmpeg: for trying out, and testing, what speaks to them, with
 no account and no bill. Delays and faults can be asked for.
 .
 tc-hook is the other end of webhooks: it hears the events of such a service
 and writes them as lines that tc-wait of the package tc-tools goes by.
END

cat >>debian/control <<'END'

Package: tc-rate
Architecture: any
Depends: ${shlibs:Depends}
Suggests: tc-tools, redis-server
Description: one rate for transcoding batches on many hosts, in Redis or Valkey
 Is started by the option --rate-cmd of the tools in the package tc-tools, and
 has a Redis or Valkey server keep one rate for all that name the same limit,
 wherever they run.
END

{
	cat <<'END'
Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/

Files: *
END
	sed -n 's/^Copyright (c) /Copyright: /p' LICENSE
	echo 'License: Expat'
	sed -n '/^Permission/,$ { s/^$/./; s/^/ /; p; }' LICENSE
} >debian/copyright

# The recipe; $(call ...) and the like are make's.
cat >debian/rules <<'END'
#!/usr/bin/make -f
export DEB_BUILD_MAINT_OPTIONS = hardening=+all
include /usr/share/dpkg/default.mk
OURS = $(MAKE) V=1 B=build PREFIX=/usr $(foreach v,CC CPPFLAGS CFLAGS LDFLAGS,$(v)='$($(v))')
STRIP = $(DEB_HOST_GNU_TYPE)-strip
# what needs libmicrohttpd is a package of its own
PARTS = $(foreach tool,$(1),usr/bin/$(tool) usr/share/man/man1/$(tool).1.gz \
	usr/share/fish/vendor_completions.d/$(tool).fish usr/share/bash-completion/completions/$(tool) \
	usr/share/zsh/vendor-completions/_$(tool))
SERVE = $(call PARTS,tc-serve tc-hook)
RATE = $(call PARTS,tc-rate)

build build-arch:
	$(OURS) all
build-indep binary-indep:
clean:
	rm -rf build debian/tc-tools debian/tc-serve debian/tc-rate debian/files debian/*.substvars
binary: binary-arch
binary-arch: build
	rm -rf debian/tc-tools debian/tc-serve debian/tc-rate
	$(OURS) install DESTDIR=debian/tc-tools DOCDIR=/usr/share/doc/tc-tools ZSHDIR=/usr/share/zsh/vendor-completions
	$(if $(filter nostrip,$(DEB_BUILD_OPTIONS)),:,$(STRIP) --remove-section=.comment --remove-section=.note) \
		debian/tc-tools/usr/bin/tc-*
	mv debian/tc-tools/usr/share/doc/tc-tools/profiles debian/profiles
	mkdir -p debian/tc-tools/usr/share/doc/tc-tools/examples
	mv debian/profiles debian/tc-tools/usr/share/doc/tc-tools/examples
	find debian/tc-tools/usr/share/man -type f -exec gzip -9n {} +
	for file in $(SERVE); do \
		mkdir -p debian/tc-serve/$${file%/*} && mv debian/tc-tools/$$file debian/tc-serve/$$file || exit; done
	for file in $(RATE); do \
		mkdir -p debian/tc-rate/$${file%/*} && mv debian/tc-tools/$$file debian/tc-rate/$$file || exit; done
	for package in tc-tools tc-serve tc-rate; do sh debian/finish $$package || exit; done
.PHONY: build build-arch build-indep binary binary-arch binary-indep clean
END

# What is the same for all packages.
cat >debian/finish <<'END'
set -eu
root=debian/$1
doc=$root/usr/share/doc/$1
mkdir -p "$doc" "$root/DEBIAN"
cp debian/copyright "$doc"
gzip -9n <debian/changelog >"$doc/changelog.Debian.gz"
find "$root" -type d -exec chmod 755 {} +
dpkg-shlibdeps -T"debian/$1.substvars" $(find "$root/usr/bin" -type f | sed 's/^/-e/')
dpkg-gencontrol -p"$1" -P"$root" -T"debian/$1.substvars"
(cd "$root" && find usr -type f | LC_ALL=C sort | xargs md5sum) >"$root/DEBIAN/md5sums"
dpkg-deb --root-owner-group --build "$root" ..
END
chmod 755 debian/rules

dpkg-buildpackage -b -us -uc -rfakeroot >"$dir/build.log" 2>&1 || {
	tail -n 30 "$dir/build.log" >&2
	echo "deb.sh: that failed; all of it is in $dir/build.log" >&2
	exit 1
}
ls "$dir"/*.deb
