#include "../guest.h"

/* A result as the imports return it: a tag, then a handle or the number of an error. */
typedef struct {
  uint8_t failed;
  union {
    uint8_t error;
    uint32_t handle;
  } value;
} answer_t;

typedef struct {
  uint32_t descriptor;
  list_t path;
} preopen_t;

IMPORT("wasi:filesystem/preopens@0.2.6", "get-directories") extern void get_directories(list_t *out);
IMPORT("wasi:filesystem/types@0.2.6", "[method]descriptor.open-at")
extern void open_at(uint32_t descriptor, uint32_t path_flags, const char *path, uint32_t len, uint32_t open_flags,
                    uint32_t flags, answer_t *out);
IMPORT("wasi:sockets/instance-network@0.2.6", "instance-network") extern uint32_t instance_network(void);
IMPORT("wasi:sockets/tcp-create-socket@0.2.6", "create-tcp-socket")
extern void create_tcp_socket(uint32_t family, answer_t *out);
IMPORT("wasi:sockets/ip-name-lookup@0.2.6", "resolve-addresses")
extern void resolve_addresses(uint32_t network, const char *name, uint32_t len, answer_t *out);
IMPORT("wasi:http/types@0.2.6", "[constructor]fields") extern uint32_t new_fields(void);
IMPORT("wasi:http/types@0.2.6", "[constructor]outgoing-request") extern uint32_t new_request(uint32_t headers);
IMPORT("wasi:http/types@0.2.6", "[method]outgoing-request.set-authority")
extern uint32_t set_authority(uint32_t request, uint32_t some, const char *authority, uint32_t len);

/* result<future-incoming-response, error-code>: error-code holds 64-bit sizes, so its payload lies at 8. */
typedef struct {
  uint8_t failed;
  uint64_t value[4];
} http_answer_t;

IMPORT("wasi:http/outgoing-handler@0.2.6", "handle")
extern void http_handle(uint32_t request, uint32_t some, uint32_t options, http_answer_t *out);

typedef struct {
  uint8_t failed;
  uint32_t error;
} result_t;

static result_t *finish(const answer_t *answer) {
  static result_t area;
  area.failed = answer->failed;
  area.error = answer->failed ? answer->value.error : 0;
  heap_reset();
  return &area;
}

EXPORT("directories") uint32_t directories(void) {
  list_t list;
  get_directories(&list);
  heap_reset();
  return list.len;
}

EXPORT("open") result_t *open_file(const char *path, uint32_t len) {
  list_t list;
  answer_t answer = {1, {255}};
  get_directories(&list);
  if (list.len > 0) open_at(((const preopen_t *)list.ptr)->descriptor, 0, path, len, 0, 1, &answer);
  return finish(&answer);
}

EXPORT("socket") result_t *socket(void) {
  answer_t answer;
  create_tcp_socket(0, &answer);
  return finish(&answer);
}

EXPORT("lookup") result_t *lookup(const char *host, uint32_t len) {
  answer_t answer;
  resolve_addresses(instance_network(), host, len, &answer);
  return finish(&answer);
}

EXPORT("fetch") result_t *fetch(const char *host, uint32_t len) {
  http_answer_t reply;
  uint32_t request = new_request(new_fields());
  set_authority(request, 1, host, len);
  http_handle(request, 0, 0, &reply);
  answer_t answer = {reply.failed, {(uint8_t)reply.value[0]}};
  return finish(&answer);
}
