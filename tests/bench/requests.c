/*
 * requests [-2] [-g | -p FILE] [-j N] [-C FILE] [URL]: sends each line of stdin
 * as the body of a POST (-g: asks GET URL/LINE; -p: PUTs the file to URL/LINE),
 * N in flight on libcurl's multi interface, writes a line of JSON for each in
 * input order (-q: a short one), and does nothing else: the limit for our
 * filters. Without URL each line is one. -2: HTTP/2, one connection. -C:
 * certificates to trust.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/msg.h"

struct request {
	CURL *easy;
	size_t index;
	struct buf url, body, reply;
	struct request *next;
};

static bool http2, get, quiet;
static long jobs = 20;
static const char *trust, *url;
static struct buf file; /* what is PUT */
static CURLM *multi;
static struct curl_slist *headers;
static struct request *spare;
static struct buf *results; /* by index, from `printed` on */
static size_t results_n, printed, failed;

static size_t
on_body(char *p, size_t size, size_t n, void *arg)
{
	struct request *r = arg;
	buf_add(&r->reply, p, size * n);
	return size * n;
}

static void
request_new(void)
{
	struct request *r = mem_zero(sizeof *r);
	CURL *e = r->easy = curl_easy_init();
	if (!e)
		msg_die(EXIT_IO, "libcurl: no handle");
	curl_easy_setopt(e, CURLOPT_PRIVATE, r);
	if (url)
		curl_easy_setopt(e, CURLOPT_URL, url);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
			 (long)(http2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, http2 ? 1L : 0L);
	if (trust) {
		curl_easy_setopt(e, CURLOPT_CAINFO, trust);
		curl_easy_setopt(e, CURLOPT_CAPATH, NULL); /* a file alone is read once */
	}
	r->next = spare;
	spare = r;
}

static void
start(const char *line, size_t n, size_t index)
{
	struct request *r = spare;
	spare = r->next;
	r->index = index;
	r->reply.n = r->body.n = r->url.n = 0;
	buf_add(&r->body, line, n);
	if (get || file.p) {
		buf_fmt(&r->url, "%s%s%s", url ? url : "", url ? "/" : "", buf_cstr(&r->body));
		curl_easy_setopt(r->easy, CURLOPT_URL, buf_cstr(&r->url));
	}
	if (file.p) {
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE, (long)file.n);
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, file.p);
		curl_easy_setopt(r->easy, CURLOPT_CUSTOMREQUEST, "PUT");
	} else if (!get) {
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE, (long)n);
		curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, buf_cstr(&r->body));
	}
	if (curl_multi_add_handle(multi, r->easy) != CURLM_OK)
		msg_die(EXIT_IO, "libcurl: cannot add");
}

static void
ended(CURL *easy, CURLcode code)
{
	struct request *r;
	long status = 0;
	curl_easy_getinfo(easy, CURLINFO_PRIVATE, (char **)&r);
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(multi, easy);
	bool good = code == CURLE_OK && status >= 200 && status < 300;
	failed += !good;
	if (r->index >= results_n) {
		size_t n = 2 * r->index + 64;
		results = mem_grow(results, n * sizeof *results);
		memset(results + results_n, 0, (n - results_n) * sizeof *results);
		results_n = n;
	}
	struct buf *line = &results[r->index];
	buf_fmt(line, "{\"index\":%zu,\"ok\":%s,\"job\":", r->index, good ? "true" : "false");
	buf_span(line, good && !quiet ? buf_all(&r->reply) : span_of("null"));
	buf_str(line, "}\n");
	for (; printed < results_n && results[printed].n; printed++) {
		fwrite(results[printed].p, 1, results[printed].n, stdout);
		buf_free(&results[printed]);
	}
	r->next = spare;
	spare = r;
}

/* Until everything has ended. */
static void
run(void)
{
	char *line = NULL;
	size_t cap = 0, index = 0;
	bool more = true;
	int active, left;
	for (;;) {
		while (more && spare) {
			ssize_t n = getline(&line, &cap, stdin);
			if ((more = n > 0))
				start(line, (size_t)n - (line[n - 1] == '\n'), index++);
		}
		if (!more && printed == index)
			break;
		curl_multi_perform(multi, &active);
		bool some = false;
		for (CURLMsg *m; (m = curl_multi_info_read(multi, &left)); some = true)
			ended(m->easy_handle, m->data.result);
		if (!some)
			curl_multi_poll(multi, NULL, 0, 1000, NULL);
	}
	free(line);
}

static void
read_file(const char *name)
{
	FILE *f = fopen(name, "r");
	size_t n = 1;
	if (!f)
		msg_die(EXIT_IO, "cannot read %s", name);
	while (n) {
		n = fread(buf_room(&file, 4096), 1, 4096, f);
		file.n += n;
	}
	fclose(f);
}

int
main(int argc, char **argv)
{
	int c;
	msg_init(argv[0]);
	while ((c = getopt(argc, argv, "2gqp:j:C:")) != -1)
		switch (c) {
		case '2':
			http2 = true;
			break;
		case 'g':
			get = true;
			break;
		case 'q':
			quiet = true;
			break;
		case 'p':
			read_file(optarg);
			break;
		case 'j':
			jobs = strtol(optarg, NULL, 10);
			break;
		case 'C':
			trust = optarg;
			break;
		default:
			return EXIT_BAD_USAGE;
		}
	if (argc - optind != (get || file.p ? argc > optind : 1) || jobs < 1)
		msg_die(EXIT_BAD_USAGE, "one URL, please");
	url = argv[optind];
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(multi = curl_multi_init()))
		msg_die(EXIT_IO, "libcurl cannot start");
	curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, jobs);
	headers = curl_slist_append(headers, file.p ? "Content-Type: video/mp4"
						    : "Content-Type: application/json");
	headers = curl_slist_append(headers, "Authorization: Bearer key");
	headers = curl_slist_append(headers, "Expect:");
	for (long i = 0; i < jobs; i++)
		request_new();
	run();
	if (failed)
		msg_error("%zu failed", failed);
	return fclose(stdout) != 0 ? EXIT_IO : failed ? EXIT_SOME_FAILED : 0;
}
