/* The imports of the C guests, as the canonical ABI lowers them. */
#ifndef SERVICES_H
#define SERVICES_H

#include "guest.h"

IMPORT("switchboard:host/log@0.1.0", "write")
extern void log_write(uint32_t level, const char *text, uint32_t len, const void *fields, uint32_t count);

IMPORT("wasi:cli/stdout@0.2.6", "get-stdout") extern uint32_t get_stdout(void);
IMPORT("wasi:cli/stderr@0.2.6", "get-stderr") extern uint32_t get_stderr(void);
IMPORT("wasi:cli/exit@0.2.6", "exit") extern void wasi_exit(uint32_t failed);
IMPORT("wasi:cli/environment@0.2.6", "get-environment") extern void get_environment(list_t *out);

/* result<_, stream-error>: a tag, then the tag and handle of the error. */
typedef struct {
  uint8_t failed;
  uint32_t error_tag;
  uint32_t error;
} write_result_t;

IMPORT("wasi:io/streams@0.2.6", "[method]output-stream.blocking-write-and-flush")
extern void stream_write(uint32_t stream, const void *bytes, uint32_t len, write_result_t *out);
IMPORT("wasi:io/streams@0.2.6", "[resource-drop]output-stream") extern void stream_drop(uint32_t stream);

IMPORT("wasi:clocks/monotonic-clock@0.2.6", "now") extern uint64_t clock_now(void);
IMPORT("wasi:clocks/monotonic-clock@0.2.6", "subscribe-duration") extern uint32_t clock_after(uint64_t nanoseconds);

typedef struct {
  uint64_t seconds;
  uint32_t nanoseconds;
} datetime_t;

IMPORT("wasi:clocks/wall-clock@0.2.6", "now") extern void wall_now(datetime_t *out);

IMPORT("wasi:io/poll@0.2.6", "[method]pollable.block") extern void pollable_block(uint32_t pollable);
IMPORT("wasi:io/poll@0.2.6", "[resource-drop]pollable") extern void pollable_drop(uint32_t pollable);
IMPORT("wasi:io/poll@0.2.6", "poll") extern void poll_list(const uint32_t *pollables, uint32_t count, list_t *out);

IMPORT("wasi:random/random@0.2.6", "get-random-bytes") extern void random_bytes(uint64_t len, list_t *out);

/* At most 4096 bytes may be written to a stream at once. */
static inline bool write_all(uint32_t stream, const char *bytes, uint32_t len) {
  while (len > 0) {
    write_result_t result;
    uint32_t now = len < 4096 ? len : 4096;
    stream_write(stream, bytes, now, &result);
    if (result.failed) return false;
    bytes += now;
    len -= now;
  }
  return true;
}

#endif
