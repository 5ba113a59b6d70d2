/* Spans: white space, numbers, beginnings; and the text of an XML element. */
#include "base/space.h"
#include "base/xml.h"
#include "test.h"

static void
text_is(struct span got, const char *want, const char *name)
{
	if (!ok(want ? got.p && span_is(got, want) : !got.p, "%s", name))
		printf("# got \"%.*s\"\n", (int)got.n, got.p);
}

static void
test_spans(void)
{
	static const struct {
		const char *text;
		int64_t n;
	} numbers[] = {
		{"0", 0},
		{"007", 7},
		{"999999999999999999", 999999999999999999},
		{"1000000000000000000", -1},
		{"", -1},
		{"-1", -1},
		{"+1", -1},
		{" 1", -1},
		{"1x", -1},
	};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		ok(span_number(span_of(numbers[i].text)) == numbers[i].n, "number: \"%s\"",
		   numbers[i].text);
	text_is(span_trim(span_of(" \t\r\n a b \n")), "a b", "trim: both ends");
	text_is(span_trim(span_of(" \n")), "", "trim: nothing is left");
	text_is(span_trim_end(span_of(" a\r\n")), " a", "trim: only the end");
	ok(str_starts("abc", "ab") && str_starts("abc", "") && !str_starts("ab", "abc"), "starts");
}

static void
test_xml(void)
{
	struct span doc = span_of("<a><Codes>no</Codes><Code x=\"1\">yes</Code><e/><t>cut");
	text_is(xml_text(doc, "Code"), "yes", "element: with an attribute, not a longer name");
	text_is(xml_text(doc, "code"), "yes", "element: in any letter case");
	text_is(xml_text(doc, "a"), "", "element: only the text before the next tag");
	text_is(xml_text(doc, "t"), NULL, "element: one without an end is missing");
	text_is(xml_text(doc, "b"), NULL, "element: missing");
	text_is(xml_text(span_of(""), "b"), NULL, "element: of an empty text");
}

int
main(void)
{
	test_spans();
	test_xml();
	return done_testing();
}
