#include "job.h"

#include <string.h>

#include "jobs.h"

static const char *
final_status(const struct fake_job *j)
{
	static const char *const words[][2] = {{"cancelled", "cancelled"},
					       {"cancel", "canceled"},
					       {"fail", "failed"},
					       {"partial", "partial"},
					       {"blocked", "awaiting_confirmation"}};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (has(j->source, words[i][0]))
			return words[i][1];
	return "completed";
}

bool
job_ended(const struct fake_job *j)
{
	return j->polls >= j->polls_wanted;
}

const char *
job_status(const struct fake_job *j)
{
	if (j->canceled)
		return "canceled";
	if (job_ended(j))
		return final_status(j);
	if (j->polls == 0)
		return "pending";
	return has(j->source, "unknownstatus") ? "reticulating" : "processing";
}

void
micro_job(struct buf *b, const struct fake_job *j)
{
	const char *status = job_status(j);
	buf_fmt(b, "{\"id\":\"%s\",\"status\":\"%s\",\"inputs\":%s,\"output_format\":\"%s\",",
		j->id, status, j->inputs, j->format ? j->format : "mp4");
	buf_fmt(b,
		"\"created_at\":\"%s\", \"trace\":12345678901234567890,\"billable_minutes\":0.10",
		j->created);
	if (strcmp(status, "failed") == 0)
		buf_str(b, ",\"error_message\":\"Invalid data \\u001b[31mfound when processing "
			   "input\"");
	if (strcmp(status, "completed") == 0)
		buf_fmt(b, ",\"output_url\":\"gs://bucket/%zu.mp4\"", (size_t)(j - jobs));
	buf_ch(b, '}');
}

static void
connect_output(struct buf *b, const struct fake_job *j, int i, bool listed)
{
	bool good = strcmp(job_status(j), "completed") == 0 ||
		    (strcmp(job_status(j), "partial") == 0 && i == 0);
	size_t n = (size_t)(j - jobs);
	buf_fmt(b, "%s{\"id\":\"out_%d\",\"status\":\"%s\",\"output_size_bytes\":\"15728640\"",
		i ? "," : "", i,
		good           ? "completed"
		: job_ended(j) ? "failed"
			       : "pending");
	if (good)
		buf_fmt(b, ",\"output_url\":\"s3://bucket/%zu/%d.mp4\"", n, i);
	/* its codec escapes &; lists bring no such URL */
	if (good && !listed && !has(j->source, "bucket"))
		buf_fmt(b, ",\"signed_url\":\"%s/files/%zu-%d%s.mp4?sig=1\\u0026x=2\"", self_url, n,
			i, has(j->source, "gone") ? "-gone" : "");
	buf_fmt(b, ",\"error_message\":\"%s\"}", !good && job_ended(j) ? "no such rendition" : "");
}

void
connect_job(struct buf *b, const struct fake_job *j, bool listed)
{
	bool failed = strcmp(job_status(j), "failed") == 0;
	buf_fmt(b, "{\"id\":\"%s\",\"app_id\":\"\",\"status\":\"%s\",\"progress\":%d,\"outputs\":[",
		j->id, job_status(j), job_ended(j) ? 100 : 0);
	connect_output(b, j, 0, listed);
	if (has(j->source, "two") || has(j->source, "partial"))
		connect_output(b, j, 1, listed);
	buf_fmt(b, "],\"error_code\":\"%s\",\"error_message\":\"%s\",",
		failed ? "decode_error" : "", failed ? "cannot decode" : "");
	buf_fmt(b,
		"\"total_actual_cost\":0.10,\"trace\":\"12345678901234567890\",\"created_at\":\"%"
		"s\"}",
		j->created);
}
