/*
 * hmac KEY: HMAC-SHA256 of stdin as hex, for what signs webhooks. hmac -b KEY:
 * the key is decoded first, and the result is Base64.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/base64.h"
#include "base/digest.h"
#include "base/msg.h"

int
main(int argc, char **argv)
{
	struct buf text = {0}, key = {0}, out = {0};
	unsigned char digest[32];
	ssize_t n;
	bool base64 = argc == 3 && strcmp(argv[1], "-b") == 0;
	msg_init(argv[0]);
	if (argc != 2 + base64)
		msg_die(EXIT_BAD_USAGE, "one key, please");
	while ((n = read(STDIN_FILENO, buf_room(&text, 4096), 4096)) > 0)
		text.n += (size_t)n;
	if (!base64)
		buf_str(&key, argv[1]);
	else if (!base64_decode(&key, span_of(argv[2])))
		msg_die(EXIT_BAD_USAGE, "expected a key in Base64");
	sha256_hmac(digest, buf_all(&key), buf_all(&text));
	if (base64)
		base64_encode(&out, (struct span){(char *)digest, sizeof digest});
	else
		digest_hex(&out, digest, sizeof digest);
	puts(buf_cstr(&out));
	buf_free(&text);
	buf_free(&key);
	buf_free(&out);
	return 0;
}
