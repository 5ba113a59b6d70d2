/*
 * Any bytes as a line of a ledger: whole only with its checksum, and never with
 * a byte changed. Any key and members: what was written is what a later run
 * reads back. Any bytes, or a hole, over a part of a ledger: it is refused, or
 * what is left of it is whole lines of before, and a run can go on.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/msg.h"
#include "base/space.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "ledger/ledger.h"
#include "ledger/line.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
one_line(struct span text, size_t at)
{
	struct buf b = {0};
	ledger_line_check(text);
	buf_span(&b, text);
	if (b.n && b.p[b.n - 1] == '}' && !json_check(text, NULL) &&
	    json_type(text) == JSON_OBJECT) {
		b.n--;
		size_t open = b.n;
		ledger_line_seal(&b);
		/* an empty object has no member for the comma to follow */
		if (span_trim(text).n > 2 && open > 1 && text.p[0] == '{' &&
		    !json_check((struct span){b.p, b.n - 1}, NULL)) {
			must(!ledger_line_check((struct span){b.p, b.n - 1}));
			b.p[at % (b.n - 1)] ^= 1;
			must(ledger_line_check((struct span){b.p, b.n - 1}) != NULL);
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
	struct ledger_found k;
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
	must(ledger_has_job(l, "p", key) && ledger_claim(l, key, value, 0, &k) == CLAIM_RECORDED);
	ledger_close(l);
	buf_free(&b);
	unlink(path);
}

/* Two group commits of a run and what they came to. */
static void
write_run(const char *path)
{
	static const char *const keys[] = {"a", "b", "c", "d"};
	struct ledger_open o = {.path = path, .tool = "fuzz"};
	struct ledger_found k;
	struct ledger *l = ledger_open(&o);
	for (size_t i = 0; i < 4; i += 2) {
		ledger_claim(l, keys[i], (struct span){0}, 0, &k);
		ledger_claim(l, keys[i + 1], (struct span){0}, 0, &k);
		ledger_commit(l);
		ledger_write(l, LEDGER_DONE, keys[i], 1, span_of("\"result\":1"));
		ledger_write(l, LEDGER_DONE, keys[i + 1], 1, span_of("\"result\":2"));
		ledger_commit(l);
	}
	ledger_close(l);
}

/* What exit() does in that process: before the fuzzer hears of it. */
static void
refused(void)
{
	_exit(EXIT_BAD_CONFIG);
}

/* Opens it in another process, for that may end it. */
static int
status_of_open(const char *path)
{
	int status = -1;
	pid_t pid = fork();
	if (pid == 0) {
		struct ledger_open o = {.path = path, .tool = "fuzz"};
		int null = open("/dev/null", O_WRONLY);
		dup2(null, 2);
		atexit(refused);
		ledger_close(ledger_open(&o));
		_exit(0);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) /* the fuzzer's clock */
		continue;
	must(pid > 0 && WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* Lays the bytes, or a hole as long as the first of them says, over a ledger. */
static void
one_damage(size_t at, bool hole, struct span bytes)
{
	char path[] = "/tmp/fuzz_ledger.XXXXXX";
	struct buf whole = {0}, b = {0}, torn = {0};
	int fd = mkstemp(path);
	must(fd >= 0);
	write_run(path);
	must(buf_read_file(&whole, path, 1 << 20) == 0);
	buf_span(&b, buf_all(&whole));
	at %= b.n;
	size_t n = hole ? 2 * (size_t)(unsigned char)bytes.p[0] + 1 : bytes.n;
	for (size_t i = 0; i < n && at + i < b.n; i++)
		b.p[at + i] = hole ? '\0' : bytes.p[i];
	must(pwrite(fd, b.p, b.n, 0) == (ssize_t)b.n && close(fd) == 0);
	int status = status_of_open(path);
	must(status == 0 || status == EXIT_BAD_CONFIG);
	if (status == 0) {
		b.n = 0;
		must(buf_read_file(&b, path, 1 << 20) == 0 && status_of_open(path) == 0);
		/* where the last result stands, its intent and all before that do */
		size_t last = whole.n - 1, kept = 0;
		while (whole.p[last - 1] != '\n')
			last--;
		for (size_t i = 0; i < b.n && i < whole.n && b.p[i] == whole.p[i]; i++)
			kept += whole.p[i] == '\n';
		must(at + n >= last || kept >= 7);
	}
	buf_fmt(&torn, "%s.torn", path);
	unlink(buf_cstr(&torn));
	unlink(path);
	buf_free(&torn);
	buf_free(&whole);
	buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span text = {(const char *)data, size};
	if (size < 4 || size > 1 << 16)
		return 0;
	msg_quiet(true);
	one_line((struct span){text.p + 2, size - 2}, data[0] * 256u + data[1]);
	if (data[2] % 8 == 0)
		one_damage(data[0] * 256u + data[1], data[2] & 8,
			   (struct span){text.p + 3, size - 3});
	/* a key to the first NUL, then a value; the key as JSON keeps it */
	const char *end = memchr(text.p, '\0', size);
	if (end && end > text.p && utf8_length(text.p, (size_t)(end - text.p))) {
		struct span value = {end + 1, size - (size_t)(end - text.p) - 1};
		struct buf quoted = {0}, again = {0};
		json_quote(&quoted, (struct span){text.p, (size_t)(end - text.p)});
		json_decode(&again, buf_all(&quoted));
		if (!json_check(value, NULL))
			one_ledger(buf_cstr(&again), 1 + data[0], span_trim(value));
		buf_free(&quoted);
		buf_free(&again);
	}
	return 0;
}
