#include "../services.h"

static uint32_t calls;
static uint32_t number;
static char kept[4096];
static uint32_t kept_len;

EXPORT("next") uint32_t next(void) { return ++number; }

EXPORT("remember") void remember(const char *text, uint32_t len) {
  kept_len = len < sizeof kept ? len : sizeof kept;
  __builtin_memcpy(kept, text, kept_len);
  heap_reset();
}

EXPORT("recall") list_t *recall(void) { return give(kept, kept_len); }

EXPORT("sleep") uint32_t sleep_ms(uint32_t ms) {
  calls++;
  uint32_t pollable = clock_after((uint64_t)ms * 1000000u);
  pollable_block(pollable);
  pollable_drop(pollable);
  return calls;
}

EXPORT("race") uint32_t race(uint32_t first_ms, uint32_t second_ms) {
  uint32_t pollables[2] = {clock_after((uint64_t)first_ms * 1000000u), clock_after((uint64_t)second_ms * 1000000u)};
  list_t ready;
  poll_list(pollables, 2, &ready);
  uint32_t winner = ready.len > 0 ? *(const uint32_t *)ready.ptr : UINT32_MAX;
  pollable_drop(pollables[0]);
  pollable_drop(pollables[1]);
  heap_reset();
  return winner;
}

EXPORT("now") uint64_t now(void) { return clock_now(); }

EXPORT("wall") uint64_t wall(void) {
  datetime_t time;
  wall_now(&time);
  return time.seconds;
}

EXPORT("random-bytes") list_t *random_list(uint32_t len) {
  list_t bytes;
  random_bytes(len, &bytes);
  return give(bytes.ptr, bytes.len);
}
EXPORT("cabi_post_random-bytes") void post_random(void *area) {
  (void)area;
  heap_reset();
}

EXPORT("log") void log_message(const char *text, uint32_t len, const char *field, uint32_t field_len) {
  list_t fields[2] = {{"field", 5}, {field, field_len}};
  log_write(2, text, len, fields, 1);
  heap_reset();
}

EXPORT("print") uint32_t print(const char *text, uint32_t len) {
  uint32_t stream = get_stdout();
  bool written = write_all(stream, text, len);
  stream_drop(stream);
  heap_reset();
  return written;
}

EXPORT("print-error") uint32_t print_error(const char *text, uint32_t len) {
  uint32_t stream = get_stderr();
  bool written = write_all(stream, text, len);
  stream_drop(stream);
  heap_reset();
  return written;
}

EXPORT("environment") list_t *environment(void) {
  list_t variables;
  get_environment(&variables);
  return give(variables.ptr, variables.len);
}
EXPORT("cabi_post_environment") void post_environment(void *area) {
  (void)area;
  heap_reset();
}
