# shellcheck shell=sh
# What tests/bench/run.sh does for every row.

SERVER='' NGINX='' URL='' # what runs, and where

die() {
	echo "bench: $*" >&2
	exit 64
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# Programs of ours that the rows need, from the .c files beside this one.
build_probes() {
	mkdir -p "$O" && cd "$O" || exit 74
	[ -z "$(find "$HERE/slowsync.c" ! -newer slowsync.so 2>/dev/null)" ] &&
		{ ${CC:-cc} -O2 -shared -fPIC -o slowsync.so "$HERE/slowsync.c" || exit 74; }
	for name in meas server files settle children requests scan empty curlinit; do
		sources=$HERE/$name.c libs=$BUILD/libtc.a
		case $name in
		server) sources="$sources $HERE/answers.c" ;;
		files) libs="$libs -lpthread" ;;
		settle) libs="$libs -lcrypto -lpthread" ;;
		empty | scan) libs='' ;;
		curlinit) libs=-lcurl ;;
		requests) libs="$libs -lcurl" ;;
		esac
		[ -e "$name" ] && [ -z "$(find "$HERE" "$BUILD/libtc.a" -name '*.[cha]' -newer "$name")" ] && continue
		# as the Makefile has it
		# shellcheck disable=SC2086 # flags are words
		${CC:-cc} -std=c11 -D_POSIX_C_SOURCE=200809L -DTC_VERSION='"bench"' -O2 -g -Wall -Wextra -iquote "$ROOT/lib" \
			${CPPFLAGS-} -o "$name" $sources ${LDFLAGS-} $libs || exit 74
	done
	# the cheapest child there is, where the C library can be linked so
	[ -x static ] || ${CC:-cc} -O2 -static -o static "$HERE/empty.c" 2>/dev/null || rm -f static
}

# server [OPTION...]: a new one of ours; sets URL.
server() {
	stop_server
	rm -f server.url && mkfifo server.url || exit 74
	"$O/server" "$@" >server.url &
	SERVER=$!
	read -r URL <server.url || die "the server did not start"
}

stop_server() {
	[ -z "$SERVER" ] || { kill "$SERVER" && wait "$SERVER"; } 2>/dev/null
	SERVER=''
}

stop_all() {
	stop_server
	[ -z "$NGINX" ] || { kill "$NGINX" && wait "$NGINX"; } 2>/dev/null
	NGINX=''
	rm -rf "$O/got"
}

# A certificate for localhost, with the system's behind it as a real call
# reads them (bundle.pem), and by itself in a hashed directory (ca: how many
# are in there makes no difference).
certificate() {
	[ -s bundle.pem ] && return
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 7 -subj /CN=localhost \
		-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null || return
	rm -rf ca && mkdir ca && cp cert.pem ca && openssl rehash ca || return
	system=$(curl-config --ca 2>/dev/null)
	for file in "$system" /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
		[ -s "$file" ] && break
	done
	cat "$file" cert.pem >bundle.pem
}

# nginx with TLS: sets H2 and H1, the URLs of HTTP/2 and of HTTP/1.1 only. It
# takes two ports near one that is a guess, so more than one guess is made.
tls_server() {
	[ -z "$NGINX" ] || return 0
	have nginx && have openssl && certificate || return
	mkdir -p nginx
	for guess in 1 2 3 4 5; do
		port=$((20000 + ($$ * 7 + guess * 1009) % 12000))
		cat >nginx/nginx.conf <<-END
			daemon off; worker_processes 1; pid $O/nginx/pid; error_log $O/nginx/error.log;
			events { worker_connections 1024; }
			http {
				access_log off; keepalive_requests 1000000; http2_max_concurrent_streams 512;
				client_body_temp_path $O/nginx/body; proxy_temp_path $O/nginx/proxy;
				fastcgi_temp_path $O/nginx/f; uwsgi_temp_path $O/nginx/u; scgi_temp_path $O/nginx/s;
				ssl_certificate $O/cert.pem; ssl_certificate_key $O/key.pem; default_type application/json;
				server {
					listen 127.0.0.1:$port ssl http2; listen 127.0.0.1:$((port + 1)) ssl;
					location / { return 200 '{"id":"job_1","status":"pending"}'; }
				}
			}
		END
		nginx -p "$O/nginx" -e "$O/nginx/error.log" -c "$O/nginx/nginx.conf" >/dev/null 2>&1 &
		NGINX=$!
		H2=https://localhost:$port H1=https://localhost:$((port + 1))
		tries=0
		while kill -0 $NGINX 2>/dev/null && [ $tries -lt 100 ]; do
			curl -s --cacert cert.pem -o /dev/null "$H2/" && return
			tries=$((tries + 1))
			sleep 0.05
		done
		kill $NGINX 2>/dev/null
		wait $NGINX 2>/dev/null
		NGINX=''
	done
	return 1
}

# measure WHO N [meas's option...] COMMAND [ARG...]: runs one contender on N
# items; output in ./out. What is found waits for keep.
measure() {
	who=$1 n=$2
	shift 2
	found=$(meas -o out -e err "$@") || die "meas failed"
	found="\"row\":\"$row\",\"try\":$try,\"round\":$round,\"who\":\"$who\",\"n\":$n,${found#?}"
	found=${found%?}
}

# keep ['"NAME":NUMBER'...]: writes down what measure found, and these.
keep() {
	for field in "$@"; do
		[ -z "$field" ] || found="$found,$field"
	done
	echo "{\"kind\":\"run\",$found}" >>results.jsonl
}

# What the server saw since the last time, as fields for keep.
seen() {
	seen=$(curl -s --noproxy '*' "$URL/stats")
	seen=${seen#?}
	echo "${seen%?}"
}

# lost N: how many of N lines did not come out of ours with "ok":true.
lost() {
	echo "\"lost\":$(($1 - $(grep -c '"ok":true' out)))"
}

# ideal N SECONDS: a contender that is always as fast as can be.
ideal() {
	echo "{\"kind\":\"run\",\"row\":\"$row\",\"try\":$try,\"round\":$round,\"who\":\"ideal\",\"n\":$1,\"wall\":$2,\"cpu\":0,\"rss\":0,\"status\":0}" >>results.jsonl
}

# goal WHO METRIC PEER OP BOUND: "ours speed limit >= 0.85". judge.jq knows
# the metrics; PEER is - if none is needed.
goal() {
	echo "{\"row\":\"$row\",\"who\":\"$1\",\"metric\":\"$2\",\"peer\":\"$3\",\"op\":\"$4\",\"bound\":$5}" >>wanted.jsonl
}

heading() {
	printf '%-10s %-11s %-12s %10s %-9s %10s   %-23s %-8s\n' row who measure '' against '' 'ratio or count' goal
}

show() {
	awk -F '\t' '{ printf "%-10s %-11s %-12s %10s %-9s %10s   %-23s %-8s %s\n", $1, $2, $3, $4, $5, $6, $7, $8, $9 }'
}

# The rounds of a row, its verdict, and once more if a goal was missed.
bench() {
	row=$1
	eval "rounds=\${rounds_$row:-$ROUNDS}"
	[ "$rounds" -le "$ROUNDS" ] || rounds=$ROUNDS
	for try in 1 2; do
		: >wanted.jsonl
		round=1
		while [ $round -le "$rounds" ]; do
			"row_$row" || { echo "$row: left out: what it needs is not there"; return; }
			round=$((round + 1))
		done
		"goals_$row"
		eval "about=\$about_$row"
		# shellcheck disable=SC2154 # set by eval
		jq -n -c --arg about "$about" --argjson turn $try --slurpfile runs results.jsonl --slurpfile goals wanted.jsonl -f "$HERE/judge.jq" >judged.jsonl ||
			die "judge.jq failed"
		grep -q '"verdict":"missed"' judged.jsonl || break
		[ $try -eq 2 ] || echo "# $row missed a goal: once more"
	done
	jq -r '.text | join("\t")' judged.jsonl | show
	cat judged.jsonl >>goals.jsonl
	! grep -q '"hard":true.*"verdict":"missed"' judged.jsonl || bad=1
	stop_server
}

# One line for each goal: whether it holds, what was measured, what was wanted.
summary() {
	echo '# goals:'
	jq -r 'select(.bound != null or .metric == "status") | [
		({ok: "holds", missed: "misses", skipped: "not run"}[.verdict]),
		"\(.row) \(.who) \(.metric)" + (if (.peer // "-") == "-" then "" else " / \(.peer)" end),
		.text[6], .text[7]] | join("\t")' goals.jsonl |
		awk -F '\t' '{ n[$1]++; printf "%-8s %-34s %-24s %s\n", $1, $2, $3, $4 }
			END { printf "# %d hold, %d missed, %d not run\n", n["holds"], n["misses"], n["not run"] }'
}

# The same for a README: table.md.
table() {
	jq -r -s --arg when "$(date -u +%Y-%m-%d)" --arg cores "$(nproc 2>/dev/null)" \
		--arg cpu "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)" -f "$HERE/table.jq" goals.jsonl >table.md
}

plot() {
	have gnuplot || { echo '# gnuplot is not installed: no plot'; return; }
	jq -r -f "$HERE/plot.jq" goals.jsonl >goals.tsv
	for row in items poolitems flight; do
		jq -r -s --arg row $row -f "$HERE/growth.jq" results.jsonl >$row.tsv
	done
	items=0 flight=0
	[ -s items.tsv ] && [ -s poolitems.tsv ] && items=1
	[ -s flight.tsv ] && flight=1
	[ -s goals.tsv ] && gnuplot -e "items=$items; flight=$flight" "$HERE/plot.gp" && echo "# $O/bench.svg"
}
