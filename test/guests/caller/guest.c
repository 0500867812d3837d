/* switchboard:host/reflect, as the canonical ABI lowers it. */
#include "../guest.h"

/* result<option<string>, call-error>: the tag; then of option its tag and the string, or of call-error its tag and payload. */
typedef struct {
  uint8_t failed;
  uint32_t tag;
  list_t first;
  list_t second;
} called_t;

IMPORT("switchboard:host/reflect@0.1.0", "call")
extern void reflect_call(const char *component, uint32_t component_len, const char *function, uint32_t function_len,
                         const char *args, uint32_t args_len, called_t *out);

typedef struct {
  uint8_t failed;
  list_t text;
} answer_t;

static uint32_t calls;

static const char *const TAGS[] = {"denied", "not-found", "invalid-arguments", "component-error", "limit", "failed"};

static uint32_t length_of(const char *text) {
  uint32_t len = 0;
  while (text[len] != 0) len += 1;
  return len;
}

static char *add(char *at, const void *text, uint32_t len) {
  __builtin_memcpy(at, text, len);
  return at + len;
}

EXPORT("relay")
answer_t *relay(const char *component, uint32_t component_len, const char *function, uint32_t function_len,
                const char *args, uint32_t args_len) {
  static answer_t answer;
  called_t out;
  calls += 1;
  reflect_call(component, component_len, function, function_len, args, args_len, &out);
  answer.failed = out.failed;
  if (!out.failed) {
    const list_t none = {"null", 4};
    answer.text = (out.tag & 0xff) ? out.first : none;
    return &answer;
  }
  uint32_t tag = out.tag & 0xff;
  if (tag > 5) __builtin_trap();
  /* limit and failed have a code and a message, the others a text. */
  bool coded = tag >= 4;
  uint32_t tag_len = length_of(TAGS[tag]);
  char *text = heap_alloc(tag_len + out.first.len + (coded ? out.second.len : 0) + 4, 1);
  char *at = add(add(add(text, TAGS[tag], tag_len), ": ", 2), out.first.ptr, out.first.len);
  if (coded) at = add(add(at, ": ", 2), out.second.ptr, out.second.len);
  answer.text.ptr = text;
  answer.text.len = (uint32_t)(at - text);
  return &answer;
}

EXPORT("cabi_post_relay") void post_relay(answer_t *answer) {
  (void)answer;
  heap_reset();
}

EXPORT("relay-often")
uint32_t relay_often(const char *component, uint32_t component_len, const char *function, uint32_t function_len,
                     const char *args, uint32_t args_len, uint32_t times) {
  uint32_t good = 0;
  uintptr_t kept = heap_top;
  for (uint32_t i = 0; i < times; i += 1) {
    called_t out;
    reflect_call(component, component_len, function, function_len, args, args_len, &out);
    if (!out.failed) good += 1;
    heap_top = kept;
  }
  return good;
}

EXPORT("cabi_post_relay-often") void post_relay_often(uint32_t good) {
  (void)good;
  heap_reset();
}

EXPORT("count") uint32_t count(void) { return ++calls; }
