#include "api/transcodely_rules.h"

#include <stddef.h>

#include "api/transcodely_checks.h"
#include "api/transcodely_words.h"

#define WORDS(name, prefix, ...)                                                                   \
	static const char *const name##_list[] = {"unspecified", __VA_ARGS__, NULL};               \
	static const struct proto_words name = {prefix, name##_list}

static const char *const statuses[] = {"unspecified", "pending",   "probing",
				       "processing",  "completed", "failed",
				       "canceled",    "partial",   "awaiting_confirmation",
				       NULL};
const struct proto_words rules_job_status = {"JOB_STATUS_", statuses};

WORDS(priorities, "JOB_PRIORITY_", "economy", "standard", "premium");
WORDS(formats, "OUTPUT_FORMAT_", "mp4", "webm", "mkv", "mov", "hls", "dash", "adaptive");
WORDS(codecs, "VIDEO_CODEC_", "h264", "h265", "vp9", "av1");
WORDS(resolutions, "RESOLUTION_", "480p", "720p", "1080p", "1440p", "2160p", "4320p");
WORDS(qualities, "QUALITY_TIER_", "economy", "standard", "premium");
WORDS(operations, "SUBTITLE_OPERATION_", "passthrough", "convert", "burn_in", "extract",
      "generate");
WORDS(subtitles, "SUBTITLE_FORMAT_", "srt", "webvtt", "ttml", "ass");

#define OPT PROTO_OPTIONAL
#define TEXT(n, flag, least, most, f, r)                                                           \
	{                                                                                          \
		.name = (n), .kind = PROTO_STRING, .flags = (flag), .min = (least), .max = (most), \
		.fits = (f), .rule = (r)                                                           \
	}
#define NUMBER(n, type, flag, least, most)                                                         \
	{                                                                                          \
		.name = (n), .kind = (type), .flags = (flag), .min = (least), .max = (most)        \
	}
#define ENUM(n, flag, w)                                                                           \
	{                                                                                          \
		.name = (n), .kind = PROTO_ENUM, .flags = (flag), .words = &(w)                    \
	}
#define PART(n, flag, m)                                                                           \
	{                                                                                          \
		.name = (n), .kind = PROTO_MESSAGE, .flags = (flag), .message = &(m)               \
	}
#define LIST(n, m, least, most)                                                                    \
	{                                                                                          \
		.name = (n), .kind = PROTO_MESSAGE, .flags = PROTO_LIST, .message = &(m),          \
		.list_min = (least), .list_max = (most)                                            \
	}
#define BOOL(n, flag)                                                                              \
	{                                                                                          \
		.name = (n), .kind = PROTO_BOOL, .flags = (flag)                                   \
	}
#define NOT_DONE(n, flag)                                                                          \
	{                                                                                          \
		.name = (n), .kind = PROTO_NOT_DONE, .flags = (flag)                               \
	}
#define TIME(n)                                                                                    \
	{                                                                                          \
		.name = (n), .kind = PROTO_TIME, .flags = OPT                                      \
	}
#define NAMES(n, most)                                                                             \
	{                                                                                          \
		.name = (n), .kind = PROTO_MAP, .min = 1, .max = 64, .list_max = (most)            \
	}
#define END                                                                                        \
	{                                                                                          \
		.name = NULL                                                                       \
	}
#define ORIGIN "must be ori_ followed by letters, digits, _ or -"
#define APP "must be app_ followed by letters, digits, _ or -"

/* Of the encoders' own options only CRF is supported. */
static const struct proto_field x26x_fields[] = {NUMBER("crf", PROTO_INT, OPT, 0, 51),
						 NOT_DONE("preset", OPT),
						 NOT_DONE("tune", OPT),
						 NOT_DONE("profile", OPT),
						 NOT_DONE("level", OPT),
						 NOT_DONE("bitrate", OPT),
						 NOT_DONE("maxrate", OPT),
						 NOT_DONE("bufsize", OPT),
						 NOT_DONE("keyint", OPT),
						 NOT_DONE("min_keyint", OPT),
						 NOT_DONE("bframes", OPT),
						 NOT_DONE("ref", OPT),
						 NOT_DONE("rc_lookahead", OPT),
						 NOT_DONE("aq_mode", OPT),
						 NOT_DONE("aq_strength", OPT),
						 NOT_DONE("psy_rd", OPT),
						 NOT_DONE("deblock", OPT),
						 END};
static const struct proto_message x26x = {x26x_fields, NULL};

static const struct proto_field vpx_fields[] = {NUMBER("crf", PROTO_INT, OPT, 0, 63),
						NOT_DONE("profile", OPT),
						NOT_DONE("quality", OPT),
						NOT_DONE("speed", OPT),
						NOT_DONE("preset", OPT),
						NOT_DONE("tune", OPT),
						NOT_DONE("bitrate", OPT),
						NOT_DONE("min_bitrate", OPT),
						NOT_DONE("max_bitrate", OPT),
						NOT_DONE("keyint", OPT),
						NOT_DONE("tile_columns", OPT),
						NOT_DONE("tile_rows", OPT),
						NOT_DONE("film_grain", OPT),
						NOT_DONE("enable_dlf", OPT | PROTO_STRICT),
						NOT_DONE("enable_cdef", OPT | PROTO_STRICT),
						NOT_DONE("enable_restoration", OPT | PROTO_STRICT),
						END};
static const struct proto_message vpx = {vpx_fields, NULL};

static const struct proto_field variant_fields[] = {
	ENUM("codec", PROTO_REQUIRED | PROTO_STRICT, codecs),
	ENUM("resolution", PROTO_STRICT, resolutions),
	ENUM("quality", 0, qualities),
	NUMBER("framerate", PROTO_INT, OPT, 0, 240),
	NUMBER("width", PROTO_INT, OPT, 128, 7680),
	NUMBER("height", PROTO_INT, OPT, 128, 4320),
	NUMBER("bitrate", PROTO_INT, OPT, 100, 240000),
	PART("h264", OPT, x26x),
	PART("h265", OPT, x26x),
	PART("vp9", OPT, vpx),
	PART("av1", OPT, vpx),
	NOT_DONE("hdr", OPT),
	END};
static const struct proto_message variant = {variant_fields, NULL};

static const struct proto_field subtitle_fields[] = {
	ENUM("operation", PROTO_REQUIRED | PROTO_STRICT, operations),
	NUMBER("source_stream_index", PROTO_INT, OPT, 0, 31),
	NOT_DONE("source_url", OPT),
	ENUM("input_format", 0, subtitles),
	ENUM("output_format", 0, subtitles),
	TEXT("language", OPT, 0, 0, word_is_language, "must be three small letters, or auto"),
	TEXT("label", OPT, 0, 64, NULL, NULL),
	BOOL("is_default", OPT),
	BOOL("hearing_impaired", OPT),
	BOOL("forced", OPT),
	NOT_DONE("burn_in_style", OPT),
	NOT_DONE("generate_chapters", OPT),
	END};
static const struct proto_message subtitle = {subtitle_fields, NULL};

static const struct proto_field output_fields[] = {
	ENUM("type", 0, formats),
	LIST("video", variant, 0, 20),
	NOT_DONE("audio", PROTO_LIST),
	NOT_DONE("hls", OPT),
	NOT_DONE("dash", OPT),
	NOT_DONE("segments", OPT),
	TEXT("path_template", OPT, 0, 512, word_is_template,
	     "path_template must not start with `/` or contain `..`"),
	NOT_DONE("preset", OPT),
	LIST("subtitle_tracks", subtitle, 0, 8),
	NOT_DONE("drm", OPT),
	NOT_DONE("content_aware", OPT),
	TEXT("encoding_mode", OPT, 0, 0, word_is_fixed, "only \"fixed\" is supported by tc-serve"),
	BOOL("disable_audio", OPT),
	NOT_DONE("watermark", OPT),
	END};
static const struct proto_message output = {output_fields, check_output};

static const struct proto_field clip_fields[] = {
	NUMBER("start_seconds", PROTO_REAL, 0, 0, 10000000),
	NUMBER("end_seconds", PROTO_REAL, 0, 0, 10000000), END};
static const struct proto_message clip = {clip_fields, check_clip};

static const struct proto_field create_fields[] = {
	TEXT("input_url", 0, 0, 2048, word_is_source,
	     "must begin with gs://, s3://, http:// or https://"),
	TEXT("input_origin_id", OPT, 0, 0, word_is_origin, ORIGIN),
	TEXT("input_path", OPT, 0, 2048, NULL, NULL),
	TEXT("input_video_id", OPT, 0, 32, word_is_video,
	     "must be vid_ followed by letters, digits, _ or -"),
	TEXT("output_origin_id", OPT, 0, 0, word_is_origin, ORIGIN),
	LIST("outputs", output, 1, 10),
	ENUM("priority", 0, priorities),
	TEXT("webhook_url", OPT, 0, 2048, word_is_web_uri,
	     "value must be a valid http or https URI"),
	{.name = "webhook_events",
	 .kind = PROTO_STRING,
	 .flags = PROTO_LIST | OPT,
	 .list_max = 32,
	 .fits = word_is_event,
	 .rule = "must be job.created, job.progress, job.succeeded, job.failed, job.canceled, "
		 "output.created, "
		 "output.progress, output.ready, output.failed, job.*, output.* or *"},
	TEXT("idempotency_key", OPT, 0, 128, NULL, NULL),
	NAMES("metadata", 20),
	BOOL("delayed_start", 0),
	NOT_DONE("thumbnails", PROTO_LIST),
	TEXT("output_path_template", OPT, 0, 512, word_is_template,
	     "output_path_template must not start with `/` or contain `..`"),
	BOOL("managed", OPT),
	TEXT("app_id", OPT, 0, 0, word_is_app, APP),
	PART("clip", OPT, clip),
	END};
const struct proto_message rules_create = {create_fields, check_create};

static const struct proto_field page_fields[] = {
	NUMBER("limit", PROTO_INT, 0, 0, 100), TEXT("cursor", 0, 0, 0, NULL, NULL),
	NUMBER("offset", PROTO_INT, 0, 0, 2147483647), END};
static const struct proto_message page = {page_fields, NULL};

static const struct proto_field list_fields[] = {
	ENUM("status", OPT | PROTO_STRICT, rules_job_status),
	PART("pagination", OPT, page),
	TEXT("app_id", OPT, 0, 0, word_is_app, APP),
	TIME("created_after"),
	TIME("created_before"),
	{.name = "statuses",
	 .kind = PROTO_ENUM,
	 .flags = PROTO_LIST | PROTO_STRICT | PROTO_REQUIRED,
	 .list_max = 8,
	 .words = &rules_job_status},
	NAMES("metadata", 10),
	END};
const struct proto_message rules_list = {list_fields, check_list};

static const struct proto_field job_fields[] = {
	TEXT("id", PROTO_REQUIRED, 0, 0, word_is_job,
	     "must be job_ followed by letters, digits, _ or -"),
	END};
const struct proto_message rules_job = {job_fields, NULL};

#define TAGS(most)                                                                                 \
	{                                                                                          \
		.name = "tags", .kind = PROTO_STRING, .flags = PROTO_LIST, .list_max = (most)      \
	}
#define VIDEO "must be vid_ followed by letters, digits, _ or -"

static const struct proto_field upload_fields[] = {
	TEXT("app_id", PROTO_REQUIRED, 0, 0, word_is_app, APP),
	TEXT("filename", PROTO_REQUIRED, 1, 255, NULL, NULL),
	TEXT("content_type", PROTO_REQUIRED, 1, 64, NULL, NULL),
	NUMBER("size_bytes", PROTO_INT, 0, 1, 5368709120),
	NUMBER("total_parts", PROTO_INT, OPT, 1, 10000),
	NUMBER("part_size_bytes", PROTO_INT, OPT, 1, 5368709120),
	TEXT("title", OPT, 0, 255, NULL, NULL),
	TEXT("description", OPT, 0, 2000, NULL, NULL),
	TEXT("visibility", OPT, 0, 0, word_is_visibility, "must be public, unlisted or private"),
	NOT_DONE("preset", OPT),
	TAGS(20),
	NOT_DONE("hover_previews", OPT),
	NOT_DONE("auto_captions", OPT),
	END};
const struct proto_message rules_upload = {upload_fields, NULL};

static const struct proto_field video_fields[] = {
	TEXT("id", PROTO_REQUIRED, 1, 32, word_is_video, VIDEO), END};
const struct proto_message rules_video = {video_fields, NULL};

static const struct proto_field videos_fields[] = {
	NUMBER("page_size", PROTO_INT, 0, 1, 100), TEXT("page_token", OPT, 0, 0, NULL, NULL),
	TEXT("status", OPT, 0, 0, NULL, NULL), TEXT("app_id", OPT, 0, 0, word_is_app, APP), END};
const struct proto_message rules_videos = {videos_fields, NULL};

static const struct proto_field update_fields[] = {
	TEXT("id", PROTO_REQUIRED, 1, 32, word_is_video, VIDEO),
	TEXT("title", OPT, 0, 0, NULL, NULL),
	TEXT("description", OPT, 0, 0, NULL, NULL),
	TAGS(0),
	TEXT("visibility", OPT, 0, 0, word_is_visibility, "must be public, unlisted or private"),
	BOOL("clear_tags", OPT),
	BOOL("source_pinned", OPT),
	END};
const struct proto_message rules_update = {update_fields, check_update};

static const struct proto_field abort_fields[] = {
	TEXT("id", PROTO_REQUIRED, 1, 32, word_is_video, VIDEO),
	TEXT("upload_id", PROTO_REQUIRED, 1, 256, NULL, NULL), END};
const struct proto_message rules_abort = {abort_fields, NULL};

static const struct proto_field numbers_fields[] = {
	TEXT("id", PROTO_REQUIRED, 1, 32, word_is_video, VIDEO),
	TEXT("upload_id", PROTO_REQUIRED, 1, 256, NULL, NULL),
	{.name = "part_numbers",
	 .kind = PROTO_INT,
	 .flags = PROTO_LIST,
	 .min = 1,
	 .max = 10000,
	 .list_min = 1,
	 .list_max = 100},
	END};
const struct proto_message rules_part_urls = {numbers_fields, NULL};

static const struct proto_field part_fields[] = {NUMBER("part_number", PROTO_INT, 0, 1, 10000),
						 TEXT("etag", PROTO_REQUIRED, 1, 256, NULL, NULL),
						 END};
static const struct proto_message completed_part = {part_fields, NULL};

static const struct proto_field complete_fields[] = {
	TEXT("id", PROTO_REQUIRED, 1, 32, word_is_video, VIDEO),
	TEXT("upload_id", PROTO_REQUIRED, 1, 256, NULL, NULL),
	LIST("parts", completed_part, 1, 10000), END};
const struct proto_message rules_complete = {complete_fields, NULL};
