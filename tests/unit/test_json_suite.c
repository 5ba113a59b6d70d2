/*
 * What a strict JSON parser takes and what it refuses: the cases of Nicolas
 * Seriot's "Parsing JSON is a Minefield" by their names there, said anew.
 * Where RFC 8259 leaves a choice (the i_ cases), the last table says ours.
 */
#include <stdlib.h>

#include "test.h"
#include "json/json.h"

struct example {
	const char *name;
	struct span text;
};

#define IS(name, text)                                                                             \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			text, sizeof text - 1                                                      \
		}                                                                                  \
	}

static const struct example yes[] = {
	IS("array_arraysWithSpaces", "[[]   ]"),
	IS("array_empty", "[]"),
	IS("array_empty-string", "[\"\"]"),
	IS("array_ending_with_newline", "[\"a\"]\n"),
	IS("array_false", "[false]"),
	IS("array_heterogeneous", "[null, 1, \"1\", {}]"),
	IS("array_null", "[null]"),
	IS("array_with_1_and_newline", "[1\n]"),
	IS("array_with_leading_space", " [1]"),
	IS("array_with_several_null", "[1,null,null,null,2]"),
	IS("array_with_trailing_space", "[2] "),
	IS("number", "[123e65]"),
	IS("number_0e+1", "[0e+1]"),
	IS("number_0e1", "[0e1]"),
	IS("number_after_space", "[ 4]"),
	IS("number_double_close_to_zero",
	   "[-0.00000000000000000000000000000000000000000000000001]"),
	IS("number_int_with_exp", "[20e1]"),
	IS("number_minus_zero", "[-0]"),
	IS("number_negative_int", "[-123]"),
	IS("number_negative_one", "[-1]"),
	IS("number_negative_zero", "[-0]"),
	IS("number_real_capital_e", "[1E22]"),
	IS("number_real_capital_e_neg_exp", "[1E-2]"),
	IS("number_real_capital_e_pos_exp", "[1E+2]"),
	IS("number_real_exponent", "[123e45]"),
	IS("number_real_fraction_exponent", "[123.456e78]"),
	IS("number_real_neg_exp", "[1e-2]"),
	IS("number_real_pos_exponent", "[1e+2]"),
	IS("number_simple_int", "[123]"),
	IS("number_simple_real", "[123.456789]"),
	IS("object", "{\"a\":\"b\", \"c\":\"d\"}"),
	IS("object_basic", "{\"a\":\"b\"}"),
	IS("object_duplicated_key", "{\"a\":\"b\",\"a\":\"c\"}"),
	IS("object_duplicated_key_and_value", "{\"a\":\"b\",\"a\":\"b\"}"),
	IS("object_empty", "{}"),
	IS("object_empty_key", "{\"\":0}"),
	IS("object_escaped_null_in_key", "{\"a\\u0000b\": 42}"),
	IS("object_extreme_numbers", "{ \"min\": -1.0e+28, \"max\": 1.0e+28 }"),
	IS("object_long_strings", "{\"x\":[{\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}], "
				  "\"id\": \"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"),
	IS("object_simple", "{\"a\":[]}"),
	IS("object_string_unicode", "{\"t\":\"\\u041f\\u043e\\u043b \\u0417\\u0435\" }"),
	IS("object_with_newlines", "{\n\"a\": \"b\"\n}"),
	IS("string_1_2_3_bytes_UTF-8_sequences", "[\"\\u0060\\u012a\\u12AB\"]"),
	IS("string_accepted_surrogate_pair", "[\"\\uD801\\udc37\"]"),
	IS("string_accepted_surrogate_pairs", "[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
	IS("string_allowed_escapes", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"),
	IS("string_backslash_and_u_escaped_zero", "[\"\\\\u0000\"]"),
	IS("string_backslash_doublequotes", "[\"\\\"\"]"),
	IS("string_comments", "[\"a/*b*/c/*d//e\"]"),
	IS("string_double_escape_a", "[\"\\\\a\"]"),
	IS("string_double_escape_n", "[\"\\\\n\"]"),
	IS("string_escaped_control_character", "[\"\\u0012\"]"),
	IS("string_escaped_noncharacter", "[\"\\uFFFF\"]"),
	IS("string_in_array", "[\"abc\"]"),
	IS("string_in_array_with_leading_space", "[ \"abc\"]"),
	IS("string_last_surrogates_1_and_2", "[\"\\uDBFF\\uDFFF\"]"),
	IS("string_nbsp_uescaped", "[\"new\\u00A0line\"]"),
	IS("string_nonCharacterInUTF-8_U+10FFFF", "[\"\xf4\x8f\xbf\xbf\"]"),
	IS("string_nonCharacterInUTF-8_U+FFFF", "[\"\xef\xbf\xbf\"]"),
	IS("string_null_escape", "[\"\\u0000\"]"),
	IS("string_one-byte-utf-8", "[\"\\u002c\"]"),
	IS("string_pi", "[\"\xcf\x80\"]"),
	IS("string_reservedCharacterInUTF-8_U+1BFFF", "[\"\xf0\x9b\xbf\xbf\"]"),
	IS("string_simple_ascii", "[\"abc \"]"),
	IS("string_space", "\" \""),
	IS("string_surrogates_U+1D11E_MUSICAL_SYMBOL_G_CLEF", "[\"\\uD834\\uDd1e\"]"),
	IS("string_three-byte-utf-8", "[\"\\u0821\"]"),
	IS("string_two-byte-utf-8", "[\"\\u0123\"]"),
	IS("string_u+2028_line_sep", "[\"\xe2\x80\xa8\"]"),
	IS("string_u+2029_par_sep", "[\"\xe2\x80\xa9\"]"),
	IS("string_uEscape", "[\"\\u0061\\u30af\\u30EA\\u30b9\"]"),
	IS("string_uescaped_newline", "[\"new\\u000Aline\"]"),
	IS("string_unescaped_char_delete", "[\"\x7f\"]"),
	IS("string_unicode", "[\"\\uA66D\"]"),
	IS("string_unicodeEscapedBackslash", "[\"\\u005C\"]"),
	IS("string_unicode_2", "[\"\xe2\x8d\x82\xe3\x88\xb4\xe2\x8d\x82\"]"),
	IS("string_unicode_U+10FFFE_nonchar", "[\"\\uDBFF\\uDFFE\"]"),
	IS("string_unicode_U+1FFFE_nonchar", "[\"\\uD83F\\uDFFE\"]"),
	IS("string_unicode_U+200B_ZERO_WIDTH_SPACE", "[\"\\u200B\"]"),
	IS("string_unicode_U+2064_invisible_plus", "[\"\\u2064\"]"),
	IS("string_unicode_U+FDD0_nonchar", "[\"\\uFDD0\"]"),
	IS("string_unicode_U+FFFE_nonchar", "[\"\\uFFFE\"]"),
	IS("string_unicode_escaped_double_quote", "[\"\\u0022\"]"),
	IS("string_utf8", "[\"\xe2\x82\xac\xf0\x9d\x84\x9e\"]"),
	IS("string_with_del_character", "[\"a\x7f"
					"a\"]"),
	IS("structure_lonely_false", "false"),
	IS("structure_lonely_int", "42"),
	IS("structure_lonely_negative_real", "-0.1"),
	IS("structure_lonely_null", "null"),
	IS("structure_lonely_string", "\"abc\""),
	IS("structure_lonely_true", "true"),
	IS("structure_string_empty", "\"\""),
	IS("structure_trailing_newline", "[\"a\"]\n"),
	IS("structure_true_in_array", "[true]"),
	IS("structure_whitespace_array", " [] "),
};

static const struct example no[] = {
	IS("array_1_true_without_comma", "[1 true]"),
	IS("array_a_invalid_utf8", "[a\xe5]"),
	IS("array_colon_instead_of_comma", "[\"\": 1]"),
	IS("array_comma_after_close", "[\"\"],"),
	IS("array_comma_and_number", "[,1]"),
	IS("array_double_comma", "[1,,2]"),
	IS("array_double_extra_comma", "[\"x\",,]"),
	IS("array_extra_close", "[\"x\"]]"),
	IS("array_extra_comma", "[\"\",]"),
	IS("array_incomplete", "[\"x\""),
	IS("array_incomplete_invalid_value", "[x"),
	IS("array_inner_array_no_comma", "[3[4]]"),
	IS("array_invalid_utf8", "[\xff]"),
	IS("array_items_separated_by_semicolon", "[1:2]"),
	IS("array_just_comma", "[,]"),
	IS("array_just_minus", "[-]"),
	IS("array_missing_value", "[   , \"\"]"),
	IS("array_newlines_unclosed", "[\"a\",\n4\n,1,"),
	IS("array_number_and_comma", "[1,]"),
	IS("array_number_and_several_commas", "[1,,]"),
	IS("array_spaces_vertical_tab_formfeed", "[\"\x0b"
						 "a\"\\f]"),
	IS("array_star_inside", "[*]"),
	IS("array_unclosed", "[\"\""),
	IS("array_unclosed_trailing_comma", "[1,"),
	IS("array_unclosed_with_new_lines", "[1,\n1\n,1"),
	IS("array_unclosed_with_object_inside", "[{}"),
	IS("incomplete_false", "[fals]"),
	IS("incomplete_null", "[nul]"),
	IS("incomplete_true", "[tru]"),
	IS("multidigit_number_then_00", "123\0"),
	IS("number_++", "[++1234]"),
	IS("number_+1", "[+1]"),
	IS("number_+Inf", "[+Inf]"),
	IS("number_-01", "[-01]"),
	IS("number_-1.0.", "[-1.0.]"),
	IS("number_-2.", "[-2.]"),
	IS("number_-NaN", "[-NaN]"),
	IS("number_.-1", "[.-1]"),
	IS("number_.2e-3", "[.2e-3]"),
	IS("number_0.1.2", "[0.1.2]"),
	IS("number_0.3e", "[0.3e]"),
	IS("number_0.3e+", "[0.3e+]"),
	IS("number_0.e1", "[0.e1]"),
	IS("number_0_capital_E", "[0E]"),
	IS("number_0_capital_E+", "[0E+]"),
	IS("number_0e", "[0e]"),
	IS("number_0e+", "[0e+]"),
	IS("number_1.0e", "[1.0e]"),
	IS("number_1.0e+", "[1.0e+]"),
	IS("number_1.0e-", "[1.0e-]"),
	IS("number_1_000", "[1 000.0]"),
	IS("number_1eE2", "[1eE2]"),
	IS("number_2.e+3", "[2.e+3]"),
	IS("number_2.e-3", "[2.e-3]"),
	IS("number_2.e3", "[2.e3]"),
	IS("number_9.e+", "[9.e+]"),
	IS("number_Inf", "[Inf]"),
	IS("number_NaN", "[NaN]"),
	IS("number_U+FF11_fullwidth_digit_one", "[\xef\xbc\x91]"),
	IS("number_expression", "[1+2]"),
	IS("number_hex_1_digit", "[0x1]"),
	IS("number_hex_2_digits", "[0x42]"),
	IS("number_infinity", "[Infinity]"),
	IS("number_invalid+-", "[0e+-1]"),
	IS("number_invalid-negative-real", "[-123.123foo]"),
	IS("number_invalid-utf-8-in-bigger-int", "[123\xe5]"),
	IS("number_invalid-utf-8-in-exponent", "[1e1\xe5]"),
	IS("number_invalid-utf-8-in-int", "[0\xe5]\n"),
	IS("number_minus_infinity", "[-Infinity]"),
	IS("number_minus_sign_with_trailing_garbage", "[-foo]"),
	IS("number_minus_space_1", "[- 1]"),
	IS("number_neg_int_starting_with_zero", "[-012]"),
	IS("number_neg_real_without_int_part", "[-.123]"),
	IS("number_neg_with_garbage_at_end", "[-1x]"),
	IS("number_real_garbage_after_e", "[1ea]"),
	IS("number_real_with_invalid_utf8_after_e", "[1e\xe5]"),
	IS("number_real_without_fractional_part", "[1.]"),
	IS("number_starting_with_dot", "[.123]"),
	IS("number_with_alpha", "[1.2a-3]"),
	IS("number_with_alpha_char", "[1.8011670033376514H-308]"),
	IS("number_with_leading_zero", "[012]"),
	IS("object_bad_value", "[\"x\", truth]"),
	IS("object_bracket_key", "{[: \"x\"}\n"),
	IS("object_comma_instead_of_colon", "{\"x\", null}"),
	IS("object_double_colon", "{\"x\"::\"b\"}"),
	IS("object_emoji", "{\xf0\x9f\x87\xa8\xf0\x9f\x87\xad}"),
	IS("object_garbage_at_end", "{\"a\":\"a\" 123}"),
	IS("object_key_with_single_quotes", "{key: 'value'}"),
	IS("object_lone_continuation_byte_in_key_and_trailing_comma", "{\"\xb9\":\"0\",}"),
	IS("object_missing_colon", "{\"a\" b}"),
	IS("object_missing_key", "{:\"b\"}"),
	IS("object_missing_semicolon", "{\"a\" \"b\"}"),
	IS("object_missing_value", "{\"a\":"),
	IS("object_no-colon", "{\"a\""),
	IS("object_non_string_key", "{1:1}"),
	IS("object_non_string_key_but_huge_number_instead", "{9999E9999:1}"),
	IS("object_repeated_null_null", "{null:null,null:null}"),
	IS("object_several_trailing_commas", "{\"id\":0,,,,,}"),
	IS("object_single_quote", "{'a':0}"),
	IS("object_trailing_comma", "{\"id\":0,}"),
	IS("object_trailing_comment", "{\"a\":\"b\"}/**/"),
	IS("object_trailing_comment_open", "{\"a\":\"b\"}/**//"),
	IS("object_trailing_comment_slash_open", "{\"a\":\"b\"}//"),
	IS("object_trailing_comment_slash_open_incomplete", "{\"a\":\"b\"}/"),
	IS("object_two_commas_in_a_row", "{\"a\":\"b\",,\"c\":\"d\"}"),
	IS("object_unquoted_key", "{a: \"b\"}"),
	IS("object_unterminated-value", "{\"a\":\"a"),
	IS("object_with_single_string", "{ \"foo\" : \"bar\", \"a\" }"),
	IS("object_with_trailing_garbage", "{\"a\":\"b\"}#"),
	IS("single_space", " "),
	IS("string_1_surrogate_then_escape", "[\"\\uD800\\\"]"),
	IS("string_1_surrogate_then_escape_u", "[\"\\uD800\\u\"]"),
	IS("string_1_surrogate_then_escape_u1", "[\"\\uD800\\u1\"]"),
	IS("string_1_surrogate_then_escape_u1x", "[\"\\uD800\\u1x\"]"),
	IS("string_accentuated_char_no_quotes", "[\xc3\xa9]"),
	IS("string_backslash_00", "[\"\\\0\"]"),
	IS("string_escape_x", "[\"\\x00\"]"),
	IS("string_escaped_backslash_bad", "[\"\\\\\\\"]"),
	IS("string_escaped_ctrl_char_tab", "[\"\\\t\"]"),
	IS("string_escaped_emoji", "[\"\\\xf0\x9f\x8c\x80\"]"),
	IS("string_incomplete_escape", "[\"\\\"]"),
	IS("string_incomplete_escaped_character", "[\"\\u00A\"]"),
	IS("string_incomplete_surrogate", "[\"\\uD834\\uDd\"]"),
	IS("string_incomplete_surrogate_escape_invalid", "[\"\\uD800\\uD800\\x\"]"),
	IS("string_invalid-utf-8-in-escape", "[\"\\u\xe5\"]"),
	IS("string_invalid_backslash_esc", "[\"\\a\"]"),
	IS("string_invalid_unicode_escape", "[\"\\uqqqq\"]"),
	IS("string_invalid_utf8_after_escape", "[\"\\\xe5\"]"),
	IS("string_leading_uescaped_thinspace", "[\\u0020\"asd\"]"),
	IS("string_no_quotes_with_bad_escape", "[\\n]"),
	IS("string_single_doublequote", "\""),
	IS("string_single_quote", "['single quote']"),
	IS("string_single_string_no_double_quotes", "abc"),
	IS("string_start_escape_unclosed", "[\"\\"),
	IS("string_unescaped_ctrl_char", "[\"a\0a\"]"),
	IS("string_unescaped_newline", "[\"new\nline\"]"),
	IS("string_unescaped_tab", "[\"\t\"]"),
	IS("string_unicode_CapitalU", "\"\\UA66D\""),
	IS("string_with_trailing_garbage", "\"\"x"),
	IS("structure_U+2060_word_joined", "[\xe2\x81\xa0]"),
	IS("structure_UTF8_BOM_no_data", "\xef\xbb\xbf"),
	IS("structure_angle_bracket_.", "<.>"),
	IS("structure_angle_bracket_null", "[<null>]"),
	IS("structure_array_trailing_garbage", "[1]x"),
	IS("structure_array_with_extra_array_close", "[1]]"),
	IS("structure_array_with_unclosed_string", "[\"asd]"),
	IS("structure_ascii-unicode-identifier", "a\xc3\xa5"),
	IS("structure_capitalized_True", "[True]"),
	IS("structure_close_unopened_array", "1]"),
	IS("structure_comma_instead_of_closing_brace", "{\"x\": true,"),
	IS("structure_double_array", "[][]"),
	IS("structure_end_array", "]"),
	IS("structure_incomplete_UTF8_BOM", "\xef\xbb{}"),
	IS("structure_lone-invalid-utf-8", "\xe5"),
	IS("structure_lone-open-bracket", "["),
	IS("structure_no_data", ""),
	IS("structure_null-byte-outside-string", "[\0]"),
	IS("structure_number_with_trailing_garbage", "2@"),
	IS("structure_object_followed_by_closing_object", "{}}"),
	IS("structure_object_unclosed_no_value", "{\"\":"),
	IS("structure_object_with_comment", "{\"a\":/*comment*/\"b\"}"),
	IS("structure_object_with_trailing_garbage", "{\"a\": true} \"x\""),
	IS("structure_open_array_apostrophe", "['"),
	IS("structure_open_array_comma", "[,"),
	IS("structure_open_array_open_object", "[{"),
	IS("structure_open_array_open_string", "[\"a"),
	IS("structure_open_array_string", "[\"a\""),
	IS("structure_open_object", "{"),
	IS("structure_open_object_close_array", "{]"),
	IS("structure_open_object_comma", "{,"),
	IS("structure_open_object_open_array", "{["),
	IS("structure_open_object_open_string", "{\"a"),
	IS("structure_open_object_string_with_apostrophes", "{'a'"),
	IS("structure_open_open", "[\"\\{[\"\\{[\"\\{[\"\\{"),
	IS("structure_single_eacute", "\xe9"),
	IS("structure_single_star", "*"),
	IS("structure_trailing_#", "{\"a\":\"b\"}#{}"),
	IS("structure_uescaped_LF_before_string", "[\\u000A\"\"]"),
	IS("structure_unclosed_array", "[1"),
	IS("structure_unclosed_array_partial_null", "[ false, nul"),
	IS("structure_unclosed_array_unfinished_false", "[ true, fals"),
	IS("structure_unclosed_array_unfinished_true", "[ false, tru"),
	IS("structure_unclosed_object", "{\"asd\":\"asd\""),
	IS("structure_unicode-identifier", "\xc3\xa5"),
	IS("structure_whitespace_U+2060_word_joiner", "[\xe2\x81\xa0]"),
	IS("structure_whitespace_formfeed", "[\x0c]"),
};

/* Where RFC 8259 leaves the choice: numbers of any size are fine, text that is not Unicode is not.
 */
static const struct {
	struct example is;
	bool taken;
} ours[] = {
	{IS("number_double_huge_neg_exp", "[123.456e-789]"), true},
	{IS("number_huge_exp", "[0.4e0066999999999999999999999999999999999999999999999999999006]"),
	 true},
	{IS("number_neg_int_huge_exp", "[-1e+9999]"), true},
	{IS("number_real_pos_overflow", "[123123e100000]"), true},
	{IS("number_too_big_pos_int", "[100000000000000000000]"), true},
	{IS("number_very_big_negative_int", "[-237462374673276894279832749832423479823246327846]"),
	 true},
	{IS("object_key_lone_2nd_surrogate", "{\"\\uDFAA\":0}"), false},
	{IS("string_1st_surrogate_but_2nd_missing", "[\"\\uDADA\"]"), false},
	{IS("string_1st_valid_surrogate_2nd_invalid", "[\"\\uD888\\u1234\"]"), false},
	{IS("string_incomplete_surrogate_and_escape_valid", "[\"\\uD800\\n\"]"), false},
	{IS("string_incomplete_surrogates_escape_valid", "[\"\\uD800\\uD800\\n\"]"), false},
	{IS("string_inverted_surrogates_U+1D11E", "[\"\\uDd1e\\uD834\"]"), false},
	{IS("string_lone_second_surrogate", "[\"\\uDFAA\"]"), false},
	{IS("string_invalid_utf-8", "[\"\xff\"]"), false},
	{IS("string_iso_latin_1", "[\"\xe9\"]"), false},
	{IS("string_lone_utf8_continuation_byte", "[\"\x81\"]"), false},
	{IS("string_not_in_unicode_range", "[\"\xf4\xbf\xbf\xbf\"]"), false},
	{IS("string_overlong_sequence_2_bytes", "[\"\xc0\xaf\"]"), false},
	{IS("string_overlong_sequence_6_bytes", "[\"\xfc\x83\xbf\xbf\xbf\xbf\"]"), false},
	{IS("string_truncated-utf-8", "[\"\xe0\xff\"]"), false},
	{IS("string_UTF8_surrogate_U+D800", "[\"\xed\xa0\x80\"]"), false},
	{IS("string_utf16LE_no_BOM", "[\0\"\0\xe9\0\"\0]\0"), false},
	{IS("structure_UTF-8_BOM_empty_object", "\xef\xbb\xbf{}"), false},
};

/* From a piece of memory just as long as the text, so that a sanitizer sees a byte too much. */
static bool
taken_by(const char *(*check)(struct span, size_t *), struct span text)
{
	char *copy = mem_alloc(text.n);
	memcpy(copy, text.p, text.n);
	bool good = !check((struct span){copy, text.n}, NULL);
	struct buf out = {0};
	/* what is taken can be read, to the last byte */
	if (good)
		json_at((struct span){copy, text.n}, "/*/*/*", &(struct span){0});
	if (good && json_type((struct span){copy, text.n}) == JSON_STRING)
		json_decode(&out, (struct span){copy, text.n});
	buf_free(&out);
	free(copy);
	return good;
}

static bool
taken(struct span text)
{
	return taken_by(json_check, text);
}

static bool
repeated(const char *piece, size_t times, const char *end_piece, size_t end_times)
{
	struct buf b = {0};
	while (times--)
		buf_str(&b, piece);
	while (end_times--)
		buf_str(&b, end_piece);
	bool good = taken(buf_all(&b));
	buf_free(&b);
	return good;
}

int
main(void)
{
	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		ok(taken(yes[i].text), "y_%s", yes[i].name);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		ok(!taken(no[i].text), "n_%s", no[i].name);
	ok(!repeated("[", 100000, "", 0), "n_structure_100000_opening_arrays");
	ok(!repeated("[{\"\":", 50000, "\n", 1), "n_structure_open_array_object");
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		ok(taken(ours[i].is.text) == ours[i].taken, "i_%s", ours[i].is.name);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		ok(!taken_by(json_check_loose, no[i].text), "n_%s, of a service", no[i].name);
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
		struct span text = ours[i].is.text;
		bool escaped = memchr(text.p, '\\', text.n) != NULL;
		ok(taken_by(json_check_loose, text) == (ours[i].taken || escaped),
		   "i_%s, of a service", ours[i].is.name);
	}
	ok(repeated("[", 500, "]", 500), "i_structure_500_nested_arrays");
	ok(repeated("[", 512, "]", 512), "512 levels are taken");
	ok(!repeated("[", 513, "]", 513), "513 levels are refused");
	ok(!repeated("[", 100000, "]", 100000), "100,000 closed levels are refused");
	same_number(sizeof yes / sizeof *yes, 95, "95 cases to take");
	same_number(sizeof no / sizeof *no + 2, 188, "188 cases to refuse");
	return done_testing();
}
