/* hmac KEY: HMAC-SHA256 of stdin as hex, for what signs webhooks. */
#include <stdio.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "msg.h"

int
main(int argc, char **argv)
{
	struct buf text = {0}, hex = {0};
	ssize_t n;
	msg_init(argv[0]);
	if (argc != 2)
		msg_die(EXIT_BAD_USAGE, "one key, please");
	while ((n = read(STDIN_FILENO, buf_room(&text, 4096), 4096)) > 0)
		text.n += (size_t)n;
	sha256_hmac_hex(&hex, span_of(argv[1]), buf_all(&text));
	puts(buf_cstr(&hex));
	buf_free(&text);
	buf_free(&hex);
	return 0;
}
