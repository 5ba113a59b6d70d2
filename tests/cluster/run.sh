#!/bin/bash
# tests/cluster/run.sh: a Slurm cluster and a Redis server on loopback, the suite
# that needs them, and their end. What is missing is installed with apt-get, as
# root; where that cannot be, this fails and says so. BUILD: where the tools are.
set -u
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
BUILD=$(cd "$root" && cd "${BUILD:-build}" && pwd) || exit 74
dir=$(mktemp -d) || exit 74

missing=()
for pair in slurmctld:slurmctld slurmd:slurmd srun:slurm-client redis-server:redis-server redis-cli:redis-tools openssl:openssl; do
	PATH=$PATH:/usr/sbin command -v "${pair%:*}" >/dev/null || missing+=("${pair#*:}")
done
if [ ${#missing[@]} -gt 0 ]; then
	echo "installing: ${missing[*]}"
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >"$dir/apt.log" 2>&1 || {
		cat "$dir/apt.log"
		echo "cluster: install these, then run this again: ${missing[*]}" >&2
		rm -rf "$dir"
		exit 78
	}
fi
[ -x "$BUILD/tc-rate" ] || {
	DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libhiredis-dev libssl-dev >"$dir/apt.log" 2>&1
	make -s -C "$root" B="$BUILD" tests
}
[ -x "$BUILD/tc-rate" ] || {
	echo "cluster: tc-rate cannot be built: install libhiredis-dev and libssl-dev" >&2
	rm -rf "$dir"
	exit 78
}

# shellcheck disable=SC2317 # called by the trap
end() {
	[ ! -s "$dir/redis.pid" ] || kill "$(cat "$dir/redis.pid")"
	[ ! -d "$dir/slurm" ] || sh "$here/slurm-down.sh" "$dir/slurm"
	rm -rf "$dir"
}
trap end EXIT
trap 'exit 130' INT TERM
PATH=$PATH:/usr/sbin

environment=$(sh "$here/slurm-up.sh" "$dir/slurm" 4 4) || exit 1
eval "$environment"
mkdir "$dir/redis"
redis-server --port 0 --unixsocket "$dir/redis/socket" --daemonize yes --dir "$dir/redis" --save '' \
	--pidfile "$dir/redis.pid" --logfile "$dir/redis/log" >/dev/null || exit 1
for _ in $(seq 100); do
	[ ! -S "$dir/redis/socket" ] || break
	sleep 0.05
done
export REDIS_SOCKET=$dir/redis/socket BUILD
timeout 420 bats "$here/cluster.bats"
