#include "imports.h"

enum method {
  DESCRIPTOR_GET_TYPE, DESCRIPTOR_READ, DESCRIPTOR_OPEN_AT, DESCRIPTOR_LINK_AT, DESCRIPTOR_DROP,
  INPUT_READ, INPUT_DROP, OUTPUT_WRITE, OUTPUT_DROP,
  POLLABLE_READY, POLLABLE_BLOCK, POLL, POLLABLE_DROP,
  FIELDS_APPEND, FIELDS_ENTRIES, FIELDS_DROP,
  REQUEST_NEW, REQUEST_BODY, REQUEST_SEND, REQUEST_DROP,
  FUTURE_GET, RESPONSE_STATUS, BODY_FINISH,
};
enum forgery { ZERO, NEXT, LARGE, HIGHEST, DROPPED, OF_ANOTHER_TYPE };
enum kind { DESCRIPTOR, LISTING, INPUT_STREAM, POLLABLE, FIELDS, REQUEST, BODY };
enum { CREATE = 1, READ = 1, WRITE = 2 };
#define DAY 86400000000000u

static result_t out;
static char text[256];

static uint32_t directory(void) {
  static uint32_t known;
  list_t found;
  if (known != 0) return known;
  get_directories(&found);
  return known = *(const uint32_t *)found.ptr;
}

/* The handle in a result whose other case is an error; traps on the error. */
static uint32_t given(void) {
  if (out.tag != 0) __builtin_trap();
  return out.words[1];
}

static uint32_t open_path(const char *path, uint32_t len, uint32_t how, uint32_t flags) {
  fs_open(directory(), 1, path, len, how, flags, &out);
  return out.tag == 0 ? out.words[1] : 0;
}

static uint32_t make_one(enum kind kind) {
  switch (kind) {
    case DESCRIPTOR: return open_path("a.txt", 5, 0, READ);
    case LISTING: fs_list(directory(), &out); return given();
    case INPUT_STREAM: {
      uint32_t file = make_one(DESCRIPTOR);
      fs_stream(file, 0, &out);
      fs_drop(file);
      return given();
    }
    case POLLABLE: return clock_after(DAY);
    case FIELDS: return fields_new();
    case REQUEST: return request_new(fields_new());
    case BODY: {
      uint32_t request = make_one(REQUEST);
      request_body(request, &out);
      request_drop(request);
      return given();
    }
  }
  __builtin_trap();
}

static void drop_one(enum kind kind, uint32_t handle) {
  switch (kind) {
    case DESCRIPTOR: fs_drop(handle); return;
    case LISTING: listing_drop(handle); return;
    case INPUT_STREAM: input_drop(handle); return;
    case POLLABLE: pollable_drop(handle); return;
    case FIELDS: fields_drop(handle); return;
    case REQUEST: request_drop(handle); return;
    case BODY: body_drop(handle); return;
  }
}

static enum kind kind_of(enum method method) {
  if (method <= DESCRIPTOR_DROP) return DESCRIPTOR;
  if (method <= OUTPUT_DROP) return INPUT_STREAM;
  if (method <= POLLABLE_DROP) return POLLABLE;
  if (method <= REQUEST_NEW) return FIELDS;
  return method == BODY_FINISH ? BODY : REQUEST;
}

static void call(enum method method, uint32_t handle) {
  write_result_t written;
  list_t list;
  switch (method) {
    case DESCRIPTOR_GET_TYPE: fs_type(handle, &out); return;
    case DESCRIPTOR_READ: fs_read(handle, 10, 0, &out); return;
    case DESCRIPTOR_OPEN_AT: fs_open(handle, 1, "a.txt", 5, 0, READ, &out); return;
    case DESCRIPTOR_LINK_AT: fs_link(directory(), 0, "a.txt", 5, handle, "l", 1, &out); return;
    case DESCRIPTOR_DROP: fs_drop(handle); return;
    case INPUT_READ: input_read(handle, 10, &out); return;
    case INPUT_DROP: input_drop(handle); return;
    case OUTPUT_WRITE: stream_write(handle, "forged", 6, &written); return;
    case OUTPUT_DROP: stream_drop(handle); return;
    case POLLABLE_READY: pollable_ready(handle); return;
    case POLLABLE_BLOCK: pollable_block(handle); return;
    case POLL: poll_list(&handle, 1, &list); return;
    case POLLABLE_DROP: pollable_drop(handle); return;
    case FIELDS_APPEND: fields_append(handle, "a", 1, (const uint8_t *)"b", 1, &out); return;
    case FIELDS_ENTRIES: fields_entries(handle, &list); return;
    case FIELDS_DROP: fields_drop(handle); return;
    case REQUEST_NEW: request_new(handle); return;
    case REQUEST_BODY: request_body(handle, &out); return;
    case REQUEST_SEND: http_handle(handle, 0, 0, &out); return;
    case REQUEST_DROP: request_drop(handle); return;
    case FUTURE_GET: future_get(handle, &out); return;
    case RESPONSE_STATUS: response_status(handle); return;
    case BODY_FINISH: body_finish(handle, 0, 0, &out); return;
  }
}

static uint32_t forged(enum method method, enum forgery forgery) {
  uint32_t handle;
  switch (forgery) {
    case ZERO: return 0;
    case NEXT: return 1;
    case LARGE: return 0x3ffffffe;
    case HIGHEST: return 0xffffffff;
    case DROPPED:
      handle = make_one(kind_of(method));
      drop_one(kind_of(method), handle);
      return handle;
    case OF_ANOTHER_TYPE: return make_one(kind_of(method) == POLLABLE ? FIELDS : POLLABLE);
  }
  __builtin_trap();
}

EXPORT("forge") void forge(uint32_t method, uint32_t forgery) {
  call((enum method)method, forged((enum method)method, (enum forgery)forgery));
}
EXPORT("use-number") void use_number(uint32_t method, uint32_t handle) { call((enum method)method, handle); }

EXPORT("use-twice") void use_twice(uint32_t kind) {
  uint32_t handle = make_one((enum kind)kind);
  if (kind == FIELDS) request_new(handle);
  else if (kind == REQUEST) http_handle(handle, 0, 0, &out);
  else if (kind == BODY) body_finish(handle, 0, 0, &out);
  else drop_one((enum kind)kind, handle);
  if (kind == FIELDS) request_new(handle);
  else if (kind == REQUEST) http_handle(handle, 0, 0, &out);
  else if (kind == BODY) body_finish(handle, 0, 0, &out);
  else drop_one((enum kind)kind, handle);
}

EXPORT("make") uint32_t make(uint32_t kind, uint32_t count) {
  uint32_t last = 0;
  for (uint32_t i = 0; i < count; i++) last = make_one((enum kind)kind);
  return last;
}

EXPORT("churn") void churn(uint32_t kind, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) drop_one((enum kind)kind, make_one((enum kind)kind));
}

static result_t answer;

/* ok with a number of so many bytes, or the error that the host gave at `at`. */
static result_t *number(uint64_t value, uint32_t size) {
  answer.tag = out.tag;
  if (out.tag != 0) answer.bytes[size] = out.bytes[size];
  else if (size == 8) answer.longs[1] = value;
  else answer.words[1] = (uint32_t)value;
  return &answer;
}

EXPORT("files") result_t *files(uint32_t count) {
  char name[] = "file-00000000";
  for (uint32_t i = 0; i < count; i++) {
    for (uint32_t digit = 0, rest = i; digit < 8; digit++, rest /= 10) name[12 - digit] = (char)('0' + rest % 10);
    uint32_t file = open_path(name, 13, CREATE, READ | WRITE);
    if (file == 0) break;
    fs_drop(file);
    out.tag = 0;
  }
  return number(count, 4);
}

/* Without a file: the error of opening, which is one byte further on than a word's. */
static result_t *not_opened(uint32_t size) {
  answer.tag = 1;
  answer.bytes[size] = out.bytes[4];
  return &answer;
}

EXPORT("write-at") result_t *write_at(const char *path, uint32_t len, uint64_t offset) {
  uint32_t file = open_path(path, len, CREATE, READ | WRITE);
  if (file == 0) return not_opened(8);
  fs_write(file, "sparse", 6, offset, &out);
  return number(out.longs[1], 8);
}

EXPORT("read-at") result_t *read_at(const char *path, uint32_t len, uint64_t offset) {
  uint32_t file = open_path(path, len, 0, READ);
  if (file == 0) return not_opened(4);
  fs_read(file, 100, offset, &out);
  return number(out.words[2], 4);
}

EXPORT("set-size") result_t *set_size(const char *path, uint32_t len, uint64_t size) {
  uint32_t file = open_path(path, len, CREATE, READ | WRITE);
  if (file == 0) return not_opened(1);
  fs_set_size(file, size, &out);
  answer.tag = out.tag;
  answer.bytes[1] = out.bytes[1];
  return &answer;
}

EXPORT("read-dropped")
list_t *read_dropped(const char *path, uint32_t len, const char *other, uint32_t other_len) {
  uint32_t file = open_path(path, len, 0, READ);
  fs_stream(file, 0, &out);
  uint32_t stream = given();
  fs_drop(file);
  open_path(other, other_len, 0, READ);
  input_read(stream, 100, &out);
  return out.tag == 0 ? give((const void *)(uintptr_t)out.words[1], out.words[2]) : TEXT("failed");
}

EXPORT("write-dropped")
void write_dropped(const char *path, uint32_t len, const char *other, uint32_t other_len) {
  uint32_t file = open_path(path, len, CREATE, READ | WRITE);
  fs_sink(file, 0, &out);
  uint32_t stream = given();
  fs_drop(file);
  open_path(other, other_len, 0, READ | WRITE);
  write_all(stream, "written", 7);
}

EXPORT("field") result_t *field(const char *name, uint32_t len, const uint8_t *value, uint32_t size) {
  fields_append(fields_new(), name, len, value, size, &out);
  answer.tag = out.tag;
  answer.bytes[1] = out.bytes[1];
  return &answer;
}

static void tell(const char *message, uint32_t len) { log_write(2, message, len, 0, 0); }

static uint32_t put_number(uint32_t at, uint32_t value) {
  char digits[10];
  uint32_t count = 0;
  do digits[count++] = (char)('0' + value % 10);
  while ((value /= 10) != 0);
  while (count > 0) text[at++] = digits[--count];
  return at;
}

/* An error-code of HTTP, which lies at `at` of what the host gave. */
static result_t *http_failed(uint32_t at) {
  answer.tag = 1;
  __builtin_memcpy(answer.bytes + 8, out.bytes + at, 32);
  return &answer;
}

static void upload_forever(uint32_t request, uint32_t *body) {
  request_method(request, 2, 0, 0);
  request_body(request, &out);
  *body = given();
}

EXPORT("fetch")
result_t *fetch(uint32_t https, const char *host, uint32_t host_len, const char *path, uint32_t path_len, uint32_t upload) {
  static const char piece[4096];
  uint32_t request = make_one(REQUEST), body = 0;
  request_scheme(request, 1, https ? 1 : 0, 0, 0);
  request_authority(request, 1, host, host_len);
  request_path(request, 1, path, path_len);
  if (upload) upload_forever(request, &body);
  http_handle(request, 0, 0, &out);
  if (out.tag != 0) return http_failed(8);
  uint32_t future = out.words[2];
  if (upload) {
    body_write(body, &out);
    uint32_t stream = given();
    tell("uploading", 9);
    while (write_all(stream, piece, sizeof piece));
  }
  uint32_t ready = future_subscribe(future);
  tell("sent", 4);
  pollable_block(ready);
  future_get(future, &out);
  if (out.bytes[16] != 0) return http_failed(24);
  uint32_t response = out.words[6];
  uint32_t end = put_number(0, response_status(response)), total = 0;
  text[end++] = ' ';
  response_consume(response, &out);
  incoming_stream(given(), &out);
  uint32_t stream = given();
  for (;;) {
    input_wait(stream, 65536, &out);
    if (out.tag != 0) break;
    total += out.words[2];
    tell("reading", 7);
  }
  end = put_number(end, total);
  if (out.bytes[4] == 0) {
    __builtin_memcpy(text + end, " cut", 4);
    end += 4;
  }
  answer.tag = 0;
  answer.words[2] = (uint32_t)(uintptr_t)text;
  answer.words[3] = end;
  return &answer;
}
