/* Members of an object as C values. */
#include <stdlib.h>

#include "test.h"
#include "json/json.h"

static void
count(const char *object, long long want)
{
	same_number(json_count_of(span_of(object), "n", -1), want, object);
}

int
main(void)
{
	char *text = json_text_of(span_of("{\"a\":\"b\"}"), "a");
	ok(text && strcmp(text, "b") == 0, "text: a string");
	free(text);
	ok(!json_text_of(span_of("{\"a\":1}"), "a") &&
		   !json_text_of(span_of("{\"a\":\"b\",\"a\":\"c\"}"), "a") &&
		   !json_text_of(span_of("[]"), "a"),
	   "text: not a string, a duplicate, missing");
	count("{\"n\":0}", 0);
	count("{\"n\":12.9}", 12);
	count("{\"n\":8999999999999999}", 8999999999999999);
	count("{\"n\":9e15}", -1);
	count("{\"n\":-1}", -1);
	count("{\"n\":\"1\"}", -1);
	count("{\"n\":1,\"n\":1}", -1);
	count("{}", -1);
	count("7", -1);
	ok(json_true_of(span_of("{\"a\":true}"), "a"), "true: true");
	ok(!json_true_of(span_of("{\"a\":false}"), "a") &&
		   !json_true_of(span_of("{\"a\":\"true\"}"), "a") &&
		   !json_true_of(span_of("{\"a\":1}"), "a") && !json_true_of(span_of("{}"), "a") &&
		   !json_true_of(span_of("true"), "a"),
	   "true: anything else is not");
	return done_testing();
}
