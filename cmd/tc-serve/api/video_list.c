/* VideoService/List: filters and pages. */
#include <stdlib.h>

#include "api/connect.h"
#include "api/transcodely_words.h"
#include "api/video.h"
#include "api/video_object.h"
#include "http/call.h"
#include "serve.h"
#include "store/store.h"
#include "json/json.h"

struct list {
	const struct call *call;
	struct buf videos, token; /* token: of the page after this one, if there is one */
	long n, most;
};

/* Add a video; one beyond the page says that there is another page. */
static void
add_video(void *ctx, const struct video *v)
{
	struct list *l = ctx;
	if (l->n++ == l->most)
		return;
	if (l->n > 1)
		buf_ch(&l->videos, ',');
	video_write(l->call, &l->videos, v);
	l->token.n = 0;
	buf_fmt(&l->token, "%lld.%s", (long long)v->created, v->id);
}

static void
reply(struct call *c, struct list *l, long total)
{
	struct buf out = {0};
	json_open(&out);
	json_raw(&out, "videos", buf_all(&l->videos));
	if (l->n > l->most)
		json_str(&out, "next_page_token", buf_all(&l->token));
	json_int(&out, "total_count", total);
	json_close(&out);
	connect_reply(c, buf_all(&out));
	buf_free(&out);
}

void
video_list(struct call *c, struct span request)
{
	struct list l = {.call = c, .most = (long)json_count_of(request, "page_size", 0)};
	char *token = connect_text(request, "page_token"), *end = NULL;
	char *status = connect_text(request, "status"), *app = connect_text(request, "app_id");
	struct video_query q = {.status = status, .app = app, .limit = l.most + 1};
	if (token) {
		q.before = strtoll(token, &end, 10);
		q.before_id = end + (*end == '.');
	}
	if (token && (q.before <= 0 || *end != '.' || !word_is_video(q.before_id))) {
		connect_invalid(c, "page_token", "is not one that List gave");
	} else {
		buf_ch(&l.videos, '[');
		long total = store_videos(c->serve->store, &q, add_video, &l);
		buf_ch(&l.videos, ']');
		reply(c, &l, total);
	}
	buf_free(&l.videos), buf_free(&l.token);
	free(token);
	free(status);
	free(app);
}
