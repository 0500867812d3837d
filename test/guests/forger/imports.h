/* Files and wasi:http, as the canonical ABI lowers them. */
#ifndef IMPORTS_H
#define IMPORTS_H

#include "../services.h"

#define FS "wasi:filesystem/types@0.2.6"
#define HTTP "wasi:http/types@0.2.6"
#define STREAMS "wasi:io/streams@0.2.6"

/* Any result of the host; none is larger. */
typedef union {
  uint8_t tag;
  uint8_t bytes[96];
  uint32_t words[24];
  uint64_t longs[12];
  list_t list;
} result_t;

IMPORT("wasi:filesystem/preopens@0.2.6", "get-directories") extern void get_directories(list_t *out);
IMPORT(FS, "[method]descriptor.get-type") extern void fs_type(uint32_t self, result_t *out);
IMPORT(FS, "[method]descriptor.read") extern void fs_read(uint32_t self, uint64_t len, uint64_t at, result_t *out);
IMPORT(FS, "[method]descriptor.write")
extern void fs_write(uint32_t self, const char *ptr, uint32_t len, uint64_t at, result_t *out);
IMPORT(FS, "[method]descriptor.set-size") extern void fs_set_size(uint32_t self, uint64_t size, result_t *out);
IMPORT(FS, "[method]descriptor.open-at")
extern void fs_open(uint32_t self, uint32_t follow, const char *ptr, uint32_t len, uint32_t how, uint32_t flags, result_t *out);
IMPORT(FS, "[method]descriptor.link-at")
extern void fs_link(uint32_t self, uint32_t follow, const char *ptr, uint32_t len, uint32_t to, const char *ptr2, uint32_t len2, result_t *out);
IMPORT(FS, "[method]descriptor.read-directory") extern void fs_list(uint32_t self, result_t *out);
IMPORT(FS, "[method]descriptor.read-via-stream") extern void fs_stream(uint32_t self, uint64_t at, result_t *out);
IMPORT(FS, "[method]descriptor.write-via-stream") extern void fs_sink(uint32_t self, uint64_t at, result_t *out);
IMPORT(FS, "[resource-drop]descriptor") extern void fs_drop(uint32_t self);
IMPORT(FS, "[resource-drop]directory-entry-stream") extern void listing_drop(uint32_t self);

IMPORT(STREAMS, "[method]input-stream.read") extern void input_read(uint32_t self, uint64_t len, result_t *out);
IMPORT(STREAMS, "[method]input-stream.blocking-read")
extern void input_wait(uint32_t self, uint64_t len, result_t *out);
IMPORT(STREAMS, "[resource-drop]input-stream") extern void input_drop(uint32_t self);
IMPORT("wasi:io/poll@0.2.6", "[method]pollable.ready") extern uint32_t pollable_ready(uint32_t self);

IMPORT(HTTP, "[constructor]fields") extern uint32_t fields_new(void);
IMPORT(HTTP, "[method]fields.append")
extern void fields_append(uint32_t self, const char *name, uint32_t len, const uint8_t *value, uint32_t size, result_t *out);
IMPORT(HTTP, "[method]fields.entries") extern void fields_entries(uint32_t self, list_t *out);
IMPORT(HTTP, "[resource-drop]fields") extern void fields_drop(uint32_t self);
IMPORT(HTTP, "[constructor]outgoing-request") extern uint32_t request_new(uint32_t fields);
IMPORT(HTTP, "[method]outgoing-request.body") extern void request_body(uint32_t self, result_t *out);
IMPORT(HTTP, "[method]outgoing-request.set-method")
extern uint32_t request_method(uint32_t self, uint32_t method, const char *ptr, uint32_t len);
IMPORT(HTTP, "[method]outgoing-request.set-scheme")
extern uint32_t request_scheme(uint32_t self, uint32_t some, uint32_t scheme, const char *ptr, uint32_t len);
IMPORT(HTTP, "[method]outgoing-request.set-authority")
extern uint32_t request_authority(uint32_t self, uint32_t some, const char *ptr, uint32_t len);
IMPORT(HTTP, "[method]outgoing-request.set-path-with-query")
extern uint32_t request_path(uint32_t self, uint32_t some, const char *ptr, uint32_t len);
IMPORT(HTTP, "[resource-drop]outgoing-request") extern void request_drop(uint32_t self);
IMPORT(HTTP, "[method]outgoing-body.write") extern void body_write(uint32_t self, result_t *out);
IMPORT(HTTP, "[static]outgoing-body.finish")
extern void body_finish(uint32_t self, uint32_t some, uint32_t trailers, result_t *out);
IMPORT(HTTP, "[resource-drop]outgoing-body") extern void body_drop(uint32_t self);
IMPORT("wasi:http/outgoing-handler@0.2.6", "handle")
extern void http_handle(uint32_t request, uint32_t some, uint32_t options, result_t *out);
IMPORT(HTTP, "[method]future-incoming-response.subscribe") extern uint32_t future_subscribe(uint32_t self);
IMPORT(HTTP, "[method]future-incoming-response.get") extern void future_get(uint32_t self, result_t *out);
IMPORT(HTTP, "[method]incoming-response.status") extern uint32_t response_status(uint32_t self);
IMPORT(HTTP, "[method]incoming-response.consume") extern void response_consume(uint32_t self, result_t *out);
IMPORT(HTTP, "[method]incoming-body.stream") extern void incoming_stream(uint32_t self, result_t *out);

#endif
