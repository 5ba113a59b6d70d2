/* The messages of Transcodely's requests, as tables for protojson.h. */
#ifndef TC_SERVE_API_TRANSCODELY_RULES_H
#define TC_SERVE_API_TRANSCODELY_RULES_H

#include "api/protojson.h"

extern const struct proto_message rules_create; /* CreateJobRequest */
extern const struct proto_message rules_list;   /* ListJobsRequest */
extern const struct proto_message rules_job; /* Get, Cancel, Confirm and Watch: the id of a job */

/* VideoService: CreateUpload and CreateMultipartUpload; those about one video; GetUploadPartUrls;
 * CompleteMultipartUpload. */
extern const struct proto_message rules_upload;
extern const struct proto_message rules_video, rules_abort;
extern const struct proto_message rules_videos, rules_update; /* its List and Update */
extern const struct proto_message rules_part_urls;
extern const struct proto_message rules_complete;

/* The statuses of a job, by number. */
extern const struct proto_words rules_job_status;

#endif
