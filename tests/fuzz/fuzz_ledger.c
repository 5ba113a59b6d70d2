/*
 * Any bytes as a line of a ledger: whole only with its checksum, and never with
 * a byte changed. Any key and members: what was written is what a later run
 * reads back.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "json.h"
#include "ledger.h"
#include "ledgerline.h"
#include "msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(bool good)
{
	if (!good)
		abort();
}

static void
one_line(struct span text, size_t at)
{
	struct buf b = {0};
	ledgerline_check(text);
	buf_span(&b, text);
	if (b.n && b.p[b.n - 1] == '}' && !json_check(text, NULL) && json_type(text) == JSON_OBJECT) {
		b.n--;
		size_t open = b.n;
		ledgerline_seal(&b);
		/* an empty object has no member for the comma to follow */
		if (json_trim(text).n > 2 && open > 1 && text.p[0] == '{' && !json_check((struct span){b.p, b.n - 1}, NULL)) {
			must(!ledgerline_check((struct span){b.p, b.n - 1}));
			b.p[at % (b.n - 1)] ^= 1;
			must(ledgerline_check((struct span){b.p, b.n - 1}) != NULL);
		}
	}
	buf_free(&b);
}

static void
one_ledger(const char *key, unsigned gen, struct span value)
{
	char path[] = "/tmp/fuzz_ledger.XXXXXX";
	int fd = mkstemp(path);
	must(fd >= 0);
	close(fd);
	struct ledger_open o = {.path = path, .tool = "fuzz"};
	struct ledger_known k;
	struct buf b = {0};
	struct span v;
	struct ledger *l = ledger_open(&o);
	must(ledger_claim(l, key, value, 0, &k) == CLAIM_NEW);
	json_str(&b, "provider", span_of("p"));
	json_str(&b, "id", span_of(key));
	json_raw(&b, "job", value);
	ledger_write(l, LEDGER_CREATED, key, gen, buf_all(&b));
	ledger_close(l);
	l = ledger_open(&o);
	must(ledger_find(l, 'k', span_of(key), &k) && k.type == LEDGER_CREATED && k.gen == gen);
	must(json_get(k.line, "job", &v) == 1 && !json_check(v, NULL));
	must(ledger_has_job(l, "p", key) && ledger_claim(l, key, value, 0, &k) == CLAIM_KNOWN);
	ledger_close(l);
	buf_free(&b);
	unlink(path);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	if (size < 4 || size > 1 << 16)
		return 0;
	msg_quiet(true);
	one_line((struct span){text.p + 2, size - 2}, data[0] * 256u + data[1]);
	/* a key to the first NUL, then a value; the key as JSON keeps it */
	const char *end = memchr(text.p, '\0', size);
	if (end && end > text.p && json_utf8(text.p, (size_t)(end - text.p))) {
		struct span value = {end + 1, size - (size_t)(end - text.p) - 1};
		struct buf quoted = {0}, again = {0};
		json_quote(&quoted, (struct span){text.p, (size_t)(end - text.p)});
		json_decode(&again, buf_all(&quoted));
		if (!json_check(value, NULL))
			one_ledger(buf_cstr(&again), 1 + data[0], json_trim(value));
		buf_free(&quoted);
		buf_free(&again);
	}
	return 0;
}
