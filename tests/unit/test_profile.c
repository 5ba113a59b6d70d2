/* Profiles: the ones that ship, and what is said of one that is wrong. */
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/profile.h"
#include "test.h"
#include "json/json.h"

static const char *path; /* of the profile under test */

static void
write_profile(struct span text)
{
	FILE *f = fopen(path, "w");
	bool good = f && fwrite(text.p, 1, text.n, f) == text.n;
	if (f && fclose(f) != 0)
		good = false;
	if (!good)
		ok(false, "cannot write %s", path);
}

/* What a process that loads it says on stderr; its exit status is returned. */
static int
load_elsewhere(struct buf *said)
{
	int fd[2], status = -1;
	pid_t pid;
	ssize_t n;
	if (fflush(stdout) != 0 || pipe(fd) < 0 || (pid = fork()) < 0)
		return -1;
	if (pid == 0) {
		dup2(fd[1], STDERR_FILENO);
		close(fd[0]);
		profile_free(profile_load(path));
		_exit(0);
	}
	close(fd[1]);
	while ((n = read(fd[0], buf_room(said, 4096), 4096)) > 0)
		said->n += (size_t)n;
	close(fd[0]);
	if (waitpid(pid, &status, 0) < 0)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
refused(struct span text, const char *want, const char *what)
{
	struct buf said = {0};
	write_profile(text);
	int status = load_elsewhere(&said);
	if (!ok(status == 78 && strstr(buf_cstr(&said), want) && said.n &&
			strchr(said.p, '\n') == said.p + said.n - 1,
		"refused in one line: %s", what))
		printf("# status %d, wanted \"%s\", said: %s", status, want, buf_cstr(&said));
	buf_free(&said);
}

static const char *
text_of(const char *name)
{
	for (const struct builtin_profile *b = builtin_profiles; b->name; b++)
		if (strcmp(b->name, name) == 0)
			return b->text;
	return "";
}

/* Merged over a good profile: each makes it a bad one. */
static const char *const bad[][2] = {
	{"{\"name\":null}", "/name: missing"},
	{"{\"name\":7}", "line 1: /name: expected a string, got 7"},
	{"{\"base_url\":null}", "/base_url: missing"},
	{"{\"nmae\":\"x\"}", "/nmae: unknown member"},
	{"{\"create\":{\"methd\":\"POST\"}}", "/create/methd: unknown member"},
	{"{\"create\":null}", "/create: expected a method and a path"},
	{"{\"get\":{\"path\":null}}", "/get: expected a method and a path"},
	{"{\"job\":{\"id\":[\"/id\",\"jobId\"]}}",
	 "/job/id: \"jobId\": expected a JSON Pointer: empty, or starting with '/'"},
	{"{\"job\":{\"status\":\"/a~2\"}}", "/job/status: \"/a~2\""},
	{"{\"job\":{\"id\":null}}", "/job/id: missing"},
	{"{\"job\":{\"status\":null}}", "/job/status: missing"},
	{"{\"request\":{\"source\":{\"url\":\"inputs\"}}}", "/request/source/url: \"inputs\""},
	{"{\"request\":{\"source\":{\"url\":null}}}", "/request/source/url: missing"},
	{"{\"request\":{\"defaults\":[]}}", "/request/defaults: expected an object"},
	{"{\"states\":{\"done\":\"finished\"}}", "/states/done: \"finished\""},
	{"{\"states\":null}", "/states: missing"},
	{"{\"auth\":{\"type\":\"magic\"}}", "/auth/type: \"magic\""},
	{"{\"auth\":{\"env\":null}}", "/auth/env: missing"},
	{"{\"auth\":{\"type\":\"header\"}}", "/auth/name: missing"},
	{"{\"auth\":{\"type\":\"sigv4\"}}", "/auth/sigv4: missing"},
	{"{\"headers\":{\"X\":\"a\\nb\"}}", "/headers/X: a header contains a line end"},
	{"{\"timeout\":\"soon\"}", "/timeout: \"soon\""},
	{"{\"jobs\":0}", "/jobs: expected a number of at least 1"},
	{"{\"poll\":{\"factor\":0.5}}", "/poll/factor: expected a number of at least 1"},
	{"{\"pace\":{\"rate\":\"fast\"}}", "/pace/rate: \"fast\""},
	{"{\"idempotency\":{\"in\":\"cookie\",\"name\":\"x\"}}",
	 "/idempotency/in: \"cookie\": expected none, body or header"},
	{"{\"idempotency\":{\"in\":\"header\"}}", "/idempotency/name: missing"},
	{"{\"errors\":{\"throttle\":429}}", "/errors/throttle: expected a list of HTTP statuses"},
	{"{\"errors\":{\"delay\":{\"header\":\"X\",\"unit\":\"h\"}}}",
	 "/errors/delay/unit: \"h\": expected s or ms"},
	{"{\"url\":{\"from\":\"list\"}}", "/url/from: \"list\": expected get"},
	{"{\"list\":{\"items\":null}}", "/list/items: missing"},
	{"{\"list\":{\"match\":[[\"/a\"]]}}", "/list/match: expected a list of pairs"},
};

static void
test_bad(void)
{
	struct span base = span_of(text_of("ffmpeg-micro"));
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct buf b = {0};
		json_merge(&b, base, span_of(bad[i][0]));
		refused(buf_all(&b), bad[i][1], bad[i][0]);
		buf_free(&b);
	}
	refused(span_of("{\"name\":}"), "not JSON", "no JSON");
	refused(span_of("[]"), "expected an object", "an array");
	refused(span_of(""), "not JSON", "an empty file");
	unlink(path);
	struct buf said = {0};
	ok(load_elsewhere(&said) == 78 && strstr(buf_cstr(&said), path),
	   "refused: a file that is not there is named");
	buf_free(&said);
}

static void
test_states(void)
{
	static const struct {
		const char *profile, *word;
		enum state state;
		bool known;
	} words[] = {
		{"ffmpeg-micro", "pending", STATE_PENDING, true},
		{"ffmpeg-micro", "completed", STATE_SUCCEEDED, true},
		{"ffmpeg-micro", "canceled", STATE_CANCELED, true},
		{"ffmpeg-micro", "cancelled", STATE_CANCELED, true},
		{"ffmpeg-micro", "exploded", STATE_RUNNING, false},
		{"ffmpeg-micro", "Completed", STATE_SUCCEEDED, true},
		{"ffmpeg-micro", "CANCELLED", STATE_CANCELED, true},
		{"ffmpeg-micro", "error", STATE_FAILED, false},
		{"ffmpeg-micro", "SUCCEEDED", STATE_SUCCEEDED, false},
		{"ffmpeg-micro", "completed-ish", STATE_RUNNING, false},
		{"transcodely", "Aborted", STATE_CANCELED, false},
		{"transcodely", "probing", STATE_RUNNING, true},
		{"transcodely", "partial", STATE_PARTIAL, true},
		{"transcodely", "awaiting_confirmation", STATE_BLOCKED, true},
		{"transcodely", "cancelled", STATE_CANCELED, true},
		{"local", "failed", STATE_FAILED, true},
	};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		struct profile *p = profile_load(words[i].profile);
		bool known = !words[i].known;
		ok(profile_state(p, words[i].word, &known) == words[i].state &&
			   known == words[i].known,
		   "%s: %s", words[i].profile, words[i].word);
		profile_free(p);
	}
	for (int s = STATE_PENDING; s <= STATE_BLOCKED; s++)
		ok(state_ended((enum state)s) == (s > STATE_RUNNING), "%s %s",
		   state_name((enum state)s), s > STATE_RUNNING ? "is an end" : "goes on");
}

static void
test_shipped(void)
{
	struct profile *p = profile_load("transcodely");
	ok(p->key_max == 128 && strcmp(p->key_pointer, "/idempotency_key") == 0,
	   "transcodely: keys of 128 in the body");
	ok(strcmp(p->code_header, "Error-Code") == 0 &&
		   strings_have(&p->quota_codes, "limit_exceeded"),
	   "transcodely: codes");
	ok(p->jobs == 20 && p->rate >= 100 && p->burst >= 200, "transcodely: its pace");
	ok(p->url_from_get && p->url_ttl == 6 * 3600 * SECOND,
	   "transcodely: URLs come with the job, for 6 hours");
	profile_free(p);
	p = profile_load("ffmpeg-micro");
	ok(!p->key_pointer && !p->key_header, "ffmpeg-micro: no keys");
	ok(numbers_have(&p->quota, 402) && p->url_ttl == 600 * SECOND && p->match_request.n == 2,
	   "ffmpeg-micro: quota, URLs, matching");
	profile_free(p);
}

int
main(void)
{
	static char template[] = "/tmp/tc-test-profile-XXXXXX";
	int fd = mkstemp(template);
	path = template;
	if (!ok(fd >= 0 && close(fd) == 0, "a name for a file"))
		return 1;
	if (setenv("HOME", "/nonexistent", 1) < 0 || unsetenv("XDG_CONFIG_HOME") < 0)
		return 1;
	test_bad();
	test_states();
	test_shipped();
	return done_testing();
}
