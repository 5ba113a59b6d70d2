#!/usr/bin/env bats
# tc-serve's upload targets as other programs' clients use them. The signed
# requests are to the host s3.test with the secret "test-key", and were signed
# apart from this project's code.

load helper

setup() {
	setup_tc
	printf test-key >key && chmod 600 key
	serve --encoder "$ENCODER" --key-file key
}

SCOPE=20261126/us-east-1/s3/aws4_request
DATE=20261126T161016Z
EMPTY=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# s3 METHOD PATH-AND-QUERY [CURL-ARG...]: sets code; the answer is in ./body.
s3() {
	local method=$1 path=$2
	shift 2
	[ "$method" != HEAD ] || set -- -I "$@"
	code=$(curl -s --noproxy '*' -m 20 -o body -D headers -w '%{http_code}' -X "$method" -H 'Host: s3.test' "$@" "$TC_BASE_URL$path")
}

# signed NAMES SIGNATURE HASH METHOD PATH-AND-QUERY [CURL-ARG...]
signed() {
	local auth="AWS4-HMAC-SHA256 Credential=test/$SCOPE, SignedHeaders=$1, Signature=$2" hash=$3
	shift 3
	s3 "$@" -H "Authorization: $auth" -H "x-amz-date: $DATE" -H "x-amz-content-sha256: $hash"
}

AMZ='host;x-amz-content-sha256;x-amz-date'
OBJECT='/bkt/a%20b%2B%C3%A9.txt'

put_object() { # TYPE
	signed "content-type;host;x-amz-checksum-crc32;x-amz-content-sha256;x-amz-date;x-amz-meta-t" \
		3c807804e74e54063133409b8a1a1bbb9957ef6791c474b849ef959eba34dca8 \
		2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824 PUT "$OBJECT?x-id=PutObject" \
		-H "Content-Type: $1" -H 'x-amz-checksum-crc32: NhCmhg==' -H 'x-amz-meta-t: two   spaces' --data-binary hello
}

@test "objects of S3: put, got in part and deleted as the AWS SDK signs it, with queries that are of no use here" {
	put_object text/plain
	[ "$code" = 200 ]
	grep -qi '^etag: "5d41402abc4b2a76b9719d911017c592"' headers
	signed "host;range;x-amz-content-sha256;x-amz-date" a59ca5b41f0684011444c2571d1bd5565f2010ffa43f9b20b0887f8787eeef50 \
		$EMPTY GET "$OBJECT?x-id=GetObject" -H 'Range: bytes=1-2'
	[ "$code $(cat body)" = "206 el" ]
	signed $AMZ a200b1af4525cab31af2bef40040f42c9327dc276d81a210ec2fa8fd832f2f17 $EMPTY DELETE "$OBJECT?x-id=DeleteObject"
	[ "$code" = 204 ]
	[ -z "$(ls -A state/buckets/bkt)" ]
	# another header than was signed, and a query that was not signed
	put_object text/html
	[ "$code" = 403 ] && grep -q '<Code>SignatureDoesNotMatch</Code><Message>' body
	signed $AMZ a200b1af4525cab31af2bef40040f42c9327dc276d81a210ec2fa8fd832f2f17 $EMPTY DELETE "$OBJECT?x-id=DeleteObject&a"
	[ "$code" = 403 ]
	# calls about a bucket: refused as such
	signed $AMZ abe7bdde5c08302c2eae11ca5f0a62a57894ea352960eff8510911d08e9d9172 $EMPTY GET '/bkt?list-type=2'
	[ "$code" = 501 ] && grep -q '<Code>NotImplemented</Code>' body
}

@test "objects of S3: a body in chunks with its checksum behind it" {
	chunked() { # BODY
		signed 'content-encoding;host;x-amz-content-sha256;x-amz-date;x-amz-decoded-content-length;x-amz-trailer' \
			8f4f6f0475ca50f427772cb295d46804d1b7e494650c492a6272f5d31d1176c4 STREAMING-UNSIGNED-PAYLOAD-TRAILER \
			PUT '/bkt/s.bin?x-id=PutObject' -H 'Content-Encoding: aws-chunked' -H 'Content-Type:' \
			-H 'x-amz-decoded-content-length: 11' -H 'x-amz-trailer: x-amz-checksum-crc32' --data-binary "$1"
	}
	chunked $'6\r\nhello \r\n5;chunk-signature=x\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n'
	[ "$code $(cat state/buckets/bkt/s.bin)" = "200 hello world" ]
	chunked $'B\r\nhello'
	[ "$code" = 400 ]
	chunked 'hello world'
	[ "$code" = 400 ]
	[ "$(cat state/buckets/bkt/s.bin)" = "hello world" ]
}

@test "objects of S3: presigned URLs put and get until they expire" {
	local query="X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=test%2F${SCOPE//\//%2F}&X-Amz-Date=$DATE"
	local rest='X-Amz-SignedHeaders=host&x-id='
	s3 PUT "/bkt/p.txt?$query&X-Amz-Expires=4000000000&${rest}PutObject&X-Amz-Signature=ec434cd5a8deb1cdbaba0482ce2c20fc1113f4739a197a39ec747293179bc040" -d presigned
	[ "$code" = 200 ]
	s3 GET "/bkt/p.txt?$query&X-Amz-Expires=4000000000&${rest}GetObject&X-Amz-Signature=fd932d0ff6336df79e30ee09430c9746e0fa726b90188d8680e24eec4fc2d4e6"
	[ "$code $(cat body)" = "200 presigned" ]
	s3 GET "/bkt/p.txt?$query&X-Amz-Expires=0&${rest}GetObject&X-Amz-Signature=eeda4649eddca6e92496538b58ad294928ca2e4950985482269b35eaaa3e3152"
	[ "$code" = 403 ] && grep -q '<Code>AccessDenied</Code>' body
	s3 GET "/bkt/p.txt?$query&X-Amz-Expires=9000000000&${rest}GetObject&X-Amz-Signature=fd932d0ff6336df79e30ee09430c9746e0fa726b90188d8680e24eec4fc2d4e6"
	[ "$code" = 403 ] && grep -q SignatureDoesNotMatch body
}

# aws METHOD PATH-AND-QUERY [CURL-ARG...]: signed by curl, which leaves the query as it is.
aws() {
	local method=$1 path=$2
	shift 2
	code=$(curl -s --noproxy '*' -m 20 -o body -D headers -w '%{http_code}' -X "$method" --aws-sigv4 aws:amz:us-east-1:s3 \
		--user test:test-key -H 'x-amz-content-sha256: UNSIGNED-PAYLOAD' "$@" "$TC_BASE_URL$path")
}

@test "uploads in parts: the list of parts in any order of members, ETags bare, quoted or escaped" {
	local id tag
	truncate -s 5M part
	for tag in '%s' '"%s"' '&quot;%s&quot;'; do
		aws POST '/bkt/big?uploads='
		id=$(sed -n 's/.*<UploadId>\(.*\)<\/UploadId>.*/\1/p' body)
		aws PUT "/bkt/big?partNumber=1&uploadId=$id" --data-binary @part -H 'Content-Type: application/octet-stream'
		aws PUT "/bkt/big?partNumber=2&uploadId=$id" --data-binary end -H 'Content-Type: application/octet-stream'
		[ "$code" = 200 ] || { cat body; false; }
		# shellcheck disable=SC2059 # the form is the point
		aws POST "/bkt/big?uploadId=$id" -H 'Content-Type: application/xml' --data-binary \
			"<CompleteMultipartUpload><Part><ETag>$(printf "$tag" 5f363e0e58a95f06cbe9bbc662c5dfb6)</ETag><ChecksumCRC32>x</ChecksumCRC32><PartNumber>1</PartNumber></Part><Part><PartNumber>2</PartNumber><ETag>$(printf "$tag" 7f021a1415b86f2d013b2618fb31ae53)</ETag></Part></CompleteMultipartUpload>"
		[ "$code" = 200 ] || { cat body; false; }
		[ "$(stat -c %s state/buckets/bkt/big)" = 5242883 ]
	done
}

@test "tus: bytes that come with the creation are sent again; an upload is ended early" {
	local url
	tus() { # METHOD URL [CURL-ARG...]
		code=$(curl -s --noproxy '*' -m 20 -o body -D headers -w '%{http_code}' -X "$1" -H 'Tus-Resumable: 1.0.0' \
			-H 'Authorization: Bearer test-key' "${@:3}" "$2")
	}
	tus POST "$TC_BASE_URL/tus" -H 'Upload-Length: 5' -H 'Content-Type: application/offset+octet-stream' --data-binary hello
	[ "$code" = 201 ] && grep -qi '^upload-offset: 0' headers
	url=$(tr -d '\r' <headers | sed -n 's/^[Ll]ocation: //p')
	tus PATCH "$url" -H 'Upload-Offset: 0' -H 'Content-Type: application/offset+octet-stream' --data-binary hel
	[ "$code" = 204 ]
	tus DELETE "$url"
	[ "$code" = 204 ]
	[ -z "$(ls -A state/uploads)" ]
	tus DELETE "$url"
	[ "$code" = 404 ]
}
