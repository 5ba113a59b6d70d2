#!/bin/sh
# tests/demo.sh TOOLS DIR: the main job on this machine, with no account: five
# clips made with ffmpeg, uploaded, transcoded by tc-serve with ffmpeg and
# downloaded through tc-put | tc-create | tc-wait | tc-get, reported, and looked
# at. TOOLS is where the tools were built; everything made here is left in DIR.
set -eu
unset MAKEFLAGS MFLAGS TC_BASE_URL TC_PROVIDER TC_KEY_FILE TC_LEDGER TC_RATE_FILE || :
unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY || :

PATH=$(cd "$1" && pwd):$PATH
rm -rf "$2"
mkdir -p "$2/media"
cd "$2"

server=
stop() {
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	[ -z "$server" ] || wait "$server" || :
	server=
}
trap stop EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

clip() { # NAME SECONDS SOURCE: with a tone, so that there is sound too
	ffmpeg -nostdin -v error -y -f lavfi -i "$3" -f lavfi -i "sine=frequency=$((200 * $2)):sample_rate=44100" \
		-t "$2" -c:v libx264 -preset ultrafast -pix_fmt yuv420p -c:a aac "media/$1"
	echo "media/$1: $2 s"
}

echo '# five clips'
clip clip-1.mp4 2 testsrc=size=640x360:rate=25
clip clip-2.mp4 3 mandelbrot=size=480x270:rate=25
clip clip-3.mp4 1 testsrc2=size=320x240:rate=30
clip clip-4.mov 4 life=size=320x180:rate=25:mold=10:life_color=white:death_color=blue
clip clip-5.mp4 2 smptebars=size=640x480:rate=25

echo
echo '# tc-serve --port 0 --media media'
mkfifo ready
TC_LOCAL_API_KEY=demo
export TC_LOCAL_API_KEY
tc-serve --port 0 --dir state --media media --ready-fd 4 4>ready >serve.out 2>serve.err &
server=$!
read -r TC_BASE_URL <ready || {
	cat serve.err >&2
	exit 1
}
rm ready
export TC_BASE_URL
echo "listening on $TC_BASE_URL"

echo
echo '# tc-put -l L media/* | tc-create -l L -f mp4 -q medium -r 480p | tc-wait -l L | tc-get -l L -C out > results.jsonl'
export TC_PROVIDER=local
tc-put -l L media/* | tc-create -l L -f mp4 -q medium -r 480p | tc-wait -l L | tc-get -l L -C out >results.jsonl || :

echo
echo '# tc-report results.jsonl'
status=0
tc-report results.jsonl || status=$?
tc-report -l L --html report.html

echo
echo '# ffprobe and ffmpeg: does what came out play?'
played=0
for file in out/*; do
	seconds=$(ffprobe -v error -show_entries format=duration -of csv=p=0 "$file") &&
		size=$(ffprobe -v error -select_streams v:0 -show_entries stream=width,height -of csv=p=0:s=x "$file") &&
		ffmpeg -nostdin -v error -xerror -i "$file" -f null - &&
		[ -n "$size" ] && {
		played=$((played + 1))
		echo "$file plays: $size, $seconds s"
	}
done
stop

echo
if [ "$status" -ne 0 ] || [ "$played" -ne 5 ]; then
	echo "Only $played of 5 play. What happened is in $2: results.jsonl, serve.err"
	[ "$status" -ne 0 ] || status=1
	exit "$status"
fi
echo "All 5 play. They are in $2/out; the report, with a timeline, is $2/report.html."
