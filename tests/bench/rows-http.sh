# shellcheck shell=sh
# Rows of tests/bench/run.sh about requests: how fast, over what, how much is held.

about_post='10,000 creates of 300 bytes, 20 in flight, HTTP/1.1'
row_post() {
	numbered 10000 && server && head -n 2000 post10000 >post2000
	curl_config "$URL/v1/transcodes" <post10000 >curl10000
	measure ours 10000 -i post10000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 10000)" "$(seen)"
	measure limit 10000 -i post10000 requests -j 20 "$URL/v1/transcodes" && keep "$(seen)"
	measure curl 10000 curl -s --parallel --parallel-max 50 -K curl10000 && keep "$(seen)"
	have node && measure node 2000 -i post2000 node "$HERE/batch.mjs" 20 fetch "$URL/v1/transcodes" && keep "$(seen)"
	have xargs && xargs_curl 100 8 "$URL" && keep "$(seen)"
	return 0
}
goals_post() {
	goal ours lost - '<=' 0
	goal ours duplicates - '<=' 0
	goal ours connections - '<=' 20
	goal ours speed limit '>=' 0.85
	goal ours cpu limit '<=' 1.25
	goal ours speed curl '>=' 2
	goal ours speed node '>=' 12
	goal ours speed xargs '>=' 80
}

about_posth2='the same over TLS and HTTP/2, one connection'
row_posth2() {
	numbered 10000
	tls_server || return
	curl_config "$H2/v1/transcodes" "cacert = \"$O/bundle.pem\"" <post10000 >curlh2
	measure ours 10000 -i post10000 tc-create -p local --base-url "$H2" --cacert bundle.pem -j 20 && keep "$(lost 10000)"
	measure limit 10000 -i post10000 requests -2 -j 20 -C bundle.pem "$H2/v1/transcodes" && keep
	measure curl 10000 curl -s --parallel --parallel-max 50 -K curlh2 && keep
	have xargs && xargs_curl 30 8 "$H2" --cacert bundle.pem && keep
	return 0
}
goals_posth2() {
	goal ours lost - '<=' 0
	goal ours speed limit '>=' 0.88
	goal ours cpu limit '<=' 1.15
	goal ours speed curl '>=' 0.9
	goal ours speed xargs '>=' 250
}

about_posttls='2,000 creates over TLS and HTTP/1.1: the bundle is read once, whatever is in flight'
row_posttls() {
	numbered 2000
	tls_server || return
	opened=''
	if [ $round = 1 ] && strace -f -o opened -e trace=open,openat tc-create -p local --base-url "$H1" --cacert bundle.pem \
		-j 64 <post2000 >out 2>err; then
		opened="\"opened\":$(grep -c bundle.pem opened)"
	fi
	measure ours-8 2000 -i post2000 tc-create -p local --base-url "$H1" --cacert bundle.pem -j 8 && keep "$(lost 2000)"
	measure ours-64 2000 -i post2000 tc-create -p local --base-url "$H1" --cacert bundle.pem -j 64 && keep "$(lost 2000)" "$opened"
}
goals_posttls() {
	goal ours-64 lost - '<=' 0
	goal ours-64 opened - '<=' 1
	goal ours-64 speed ours-8 '>=' 0.6
}

about_tlsone='one create over TLS in a process of its own, ten times, beside curl'
row_tlsone() {
	numbered 10000
	tls_server || return
	head -n 1 post10000 >one
	SSL_CERT_DIR=$O/ca measure ours 10 -r 10 -i one tc-create --quiet -p local --base-url "$H2" && keep "$(lost 1)"
	measure ours-bundle 10 -r 10 -i one tc-create --quiet -p local --base-url "$H2" --cacert bundle.pem && keep "$(lost 1)"
	measure curl 10 -r 10 curl -s --cacert bundle.pem -H 'Authorization: Bearer key' "$H2/v1/transcodes" -d @one && keep
}
goals_tlsone() {
	goal ours lost - '<=' 0
	goal ours cpu curl '<=' 0.28
	goal ours-bundle cpu curl '<=' null
}

about_latency='1,000 creates answered after 50 ms, 20 in flight: 2.5 s at best'
rounds_latency=3
row_latency() {
	numbered 1000 && server --delay 50
	measure ours 1000 -i post1000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 1000)" "$(seen)"
	measure limit 1000 -i post1000 requests -j 20 "$URL/v1/transcodes" && keep "$(seen)"
	ideal 1000 2.5
}
goals_latency() {
	goal ours lost - '<=' 0
	goal ours connections - '<=' 20
	goal ours speed ideal '>=' 0.975
	goal ours speed limit '>=' 0.99
}

about_stream='what tc-create holds for 10,000 and for 100,000 lines'
rounds_stream=1
row_stream() {
	numbered 10000 && numbered 100000 && server
	measure ours-10k 10000 -i post10000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 10000)" "$(seen)"
	measure ours-100k 100000 -i post100000 tc-create -p local --base-url "$URL" -j 20 && keep "$(lost 100000)" "$(seen)"
}
goals_stream() {
	goal ours-100k lost - '<=' 0
	goal ours-100k rss - '<=' 20
	goal ours-100k held ours-10k '<=' 2
}
