#include "service/form.h"

#include "base/space.h"
#include "http/http.h"
#include "json/json.h"

/* Append a member's name decoded; its quotes were removed already. */
static void
add_name(struct buf *out, struct span key)
{
	struct buf name = {0};
	json_decode(&name, (struct span){key.p - 1, key.n + 2});
	http_escape(out, buf_all(&name));
	buf_free(&name);
}

void
form_encode(struct buf *out, struct span object)
{
	struct span key, v;
	bool first = true;
	for (struct json_iter it = json_each(object); json_next(&it, &key, &v);) {
		struct buf text = {0};
		if (json_type(v) == JSON_NULL)
			continue;
		if (!first)
			buf_ch(out, '&');
		first = false;
		add_name(out, key);
		buf_ch(out, '=');
		if (!json_decode(&text, v))
			json_oneline(&text, span_trim(v));
		http_escape(out, buf_all(&text));
		buf_free(&text);
	}
}
