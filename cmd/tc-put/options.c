/* The options of tc-put. */
#include "base/bytes.h"
#include "base/clock.h"
#include "put.h"

struct put_options put_options = {.stall = 60 * SECOND};
#define O put_options

const struct opt put_option_table[] = {
	{OPT_STRING, 't', "type", "TYPE", "MIME type (default: by the name's extension)", &O.type,
	 0, 0, 0},
	{OPT_STRING, 0, "to", "TEMPLATE", "to a bucket: s3://BUCKET/{dir}/{basename} or gs://...",
	 &O.to, 0, 0, 0},
	{OPT_STRING, 'd', "defaults", "JSON|@FILE", "members of the call that starts an upload",
	 &O.start, 0, 0, 0},
	{OPT_FLAG, 0, "checksum", NULL, "identify files by content, not by path, size and time",
	 &O.checksum, 0, 0, 0},
	{OPT_CALL, 0, "part-size", "BYTES", "size of parts and chunks (default: the profile's)",
	 &O.part_size, 0, 0, bytes_option},
	{OPT_CALL, 0, "limit-rate", "BYTES", "limit of bytes a second, for all files together",
	 &O.limit_rate, 0, 0, bytes_option},
	{OPT_DURATION, 0, "stall", "DUR", "retry after this long without a byte (default 60s)",
	 &O.stall, 0, 0, 0},
	{OPT_FLAG, '0', "null", NULL, "names end in NUL, not in a line end (find -print0)", &O.null,
	 0, 0, 0},
	{0},
};
