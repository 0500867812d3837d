/* The flat arguments of the canonical ABI in, the same value in its memory layout out. */
#include "../guest.h"

#define API "test:kitchen/api@0.1.0#"
#define POST(name) \
  EXPORT("cabi_post_" API name)

#define ECHO(name, type, id) \
  EXPORT(API name) type echo_##id(type v) { return v; }

ECHO("echo-bool", uint32_t, bool)
ECHO("echo-u8", uint32_t, u8)
ECHO("echo-u16", uint32_t, u16)
ECHO("echo-u32", uint32_t, u32)
ECHO("echo-u64", uint64_t, u64)
ECHO("echo-s8", int32_t, s8)
ECHO("echo-s16", int32_t, s16)
ECHO("echo-s32", int32_t, s32)
ECHO("echo-s64", int64_t, s64)
ECHO("echo-f32", float, f32)
ECHO("echo-f64", double, f64)
ECHO("echo-char", uint32_t, char)
ECHO("echo-color", uint32_t, color)
ECHO("echo-permission", uint32_t, permission)

static void finish(void *area) {
  (void)area;
  heap_reset();
}

/* A list has one layout whatever its elements are, and they lie in memory as they must be returned. */
#define ECHO_LIST(name, id)                                                                 \
  EXPORT(API name) list_t *echo_##id(const void *ptr, uint32_t len) { return give(ptr, len); } \
  POST(name) void post_##id(void *area) { finish(area); }

ECHO_LIST("echo-string", string)
ECHO_LIST("echo-bytes", bytes)
ECHO_LIST("echo-u64-list", u64_list)
ECHO_LIST("echo-names", names)
ECHO_LIST("echo-lists", lists)
ECHO_LIST("echo-points", points)
ECHO_LIST("echo-orders", orders)
ECHO_LIST("echo-shapes", shapes)
ECHO_LIST("echo-results", results)

typedef struct {
  uint8_t a;
  list_t b;
  float c;
} tuple_t;

EXPORT(API "echo-tuple") tuple_t *echo_tuple(uint32_t a, const char *ptr, uint32_t len, float c) {
  static tuple_t area;
  area = (tuple_t){(uint8_t)a, {ptr, len}, c};
  return &area;
}
POST("echo-tuple") void post_tuple(void *area) { finish(area); }

typedef struct {
  double x;
  double y;
  list_t name;
} point_t;

EXPORT(API "echo-point") point_t *echo_point(double x, double y, const char *ptr, uint32_t len) {
  static point_t area;
  area = (point_t){x, y, {ptr, len}};
  return &area;
}
POST("echo-point") void post_point(void *area) { finish(area); }

typedef struct {
  uint8_t tag;
  union {
    uint64_t bits;
    list_t list;
  } payload;
} shape_t;

/* The first payload slot is f64 or a pointer, so it comes as i64: the bits of the one or the other. */
EXPORT(API "echo-shape") shape_t *echo_shape(uint32_t tag, uint64_t first, uint32_t second) {
  static shape_t area;
  area.tag = (uint8_t)tag;
  if (tag == 0) area.payload.bits = first;
  else area.payload.list = (list_t){(const void *)(uintptr_t)first, second};
  return &area;
}
POST("echo-shape") void post_shape(void *area) { finish(area); }

typedef struct {
  uint8_t tag;
  uint32_t value;
} option_t;

EXPORT(API "echo-option") option_t *echo_option(uint32_t tag, uint32_t value) {
  static option_t area;
  area = (option_t){(uint8_t)tag, value};
  return &area;
}

EXPORT(API "echo-option-option") uint8_t *echo_option_option(uint32_t outer, uint32_t inner, uint32_t value) {
  static uint8_t area[3];
  area[0] = (uint8_t)outer;
  area[1] = (uint8_t)inner;
  area[2] = (uint8_t)value;
  return area;
}

typedef struct {
  uint8_t tag;
  list_t payload;
} result_t;

typedef struct {
  uint8_t some;
  result_t result;
} option_result_t;

EXPORT(API "echo-result") option_result_t *echo_result(uint32_t tag, uint32_t first, uint32_t second) {
  static option_result_t area;
  area.some = 1;
  area.result = (result_t){(uint8_t)tag, {(const void *)(uintptr_t)first, second}};
  return &area;
}
POST("echo-result") void post_result(void *area) { finish(area); }

/* Too many flat values: they come as a pointer to their tuple, which is the result as well. */
EXPORT(API "echo-many") void *echo_many(void *args) { return args; }
POST("echo-many") void post_many(void *area) { finish(area); }

EXPORT(API "nothing") void nothing(void) {}
EXPORT(API "no-result") void no_result(uint32_t v) { (void)v; }

static result_t answer;

static result_t *failed(const char *text, uint32_t len) {
  answer = (result_t){1, {text, len}};
  return &answer;
}

EXPORT(API "divide") result_t *divide(int32_t a, int32_t b) {
  static const char zero[] = "division by zero";
  if (b == 0) return failed(zero, sizeof zero - 1);
  answer = (result_t){0, {(const void *)(uintptr_t)(uint32_t)(b == -1 ? -(uint32_t)a : (uint32_t)(a / b)), 0}};
  return &answer;
}

EXPORT(API "check") uint32_t check(uint32_t good) { return good ? 0 : 1; }

EXPORT(API "check-with-reason") result_t *check_with_reason(uint32_t good) {
  static const char reason[] = "not good";
  if (!good) return failed(reason, sizeof reason - 1);
  answer.tag = 0;
  return &answer;
}

typedef struct {
  uint8_t tag;
  union {
    point_t point;
    struct {
      uint8_t tag;
      list_t payload;
    } problem;
  } payload;
} lookup_t;

static bool same(const char *a, const char *b, uint32_t len) {
  for (uint32_t i = 0; i < len; i++)
    if (a[i] != b[i]) return false;
  return true;
}

/* "origin" is found, "secret" denied, a number in one digit a code, all else not found. */
EXPORT(API "lookup") lookup_t *lookup(const char *key, uint32_t len) {
  static lookup_t area;
  area.tag = 1;
  if (len == 6 && same(key, "origin", 6)) {
    area.tag = 0;
    area.payload.point = (point_t){0.0, -0.5, {"origin", 6}};
  } else if (len == 6 && same(key, "secret", 6)) {
    area.payload.problem.tag = 1;
  } else if (len == 1 && key[0] >= '0' && key[0] <= '9') {
    area.payload.problem.tag = 2;
    area.payload.problem.payload.ptr = (const void *)(uintptr_t)(uint32_t)(-(key[0] - '0'));
  } else {
    area.payload.problem.tag = 0;
    area.payload.problem.payload = (list_t){key, len};
  }
  return &area;
}
POST("lookup") void post_lookup(void *area) { finish(area); }

EXPORT("version") list_t *version(void) { return TEXT("kitchen 0.1.0"); }
EXPORT("scale") double scale(double v, double by) { return v * by; }

#define COUNTERS "test:kitchen/counters@0.1.0"
#define SLOTS 16384u

IMPORT("[export]" COUNTERS, "[resource-new]counter") extern uint32_t counter_handle(uint32_t rep);
IMPORT("[export]" COUNTERS, "[resource-rep]counter") extern uint32_t counter_rep(uint32_t handle);
IMPORT("[export]" COUNTERS, "[resource-drop]counter") extern void counter_drop(uint32_t handle);

/* A counter's representation is its slot; a free slot holds the next free one. */
static uint32_t slots[SLOTS];
static uint32_t free_slot;
static uint32_t used_slots;
static uint32_t living;

static uint32_t new_counter(uint32_t start) {
  uint32_t rep = free_slot;
  if (rep != 0) free_slot = slots[rep];
  else if (++used_slots < SLOTS) rep = used_slots;
  else __builtin_trap();
  slots[rep] = start;
  living++;
  return counter_handle(rep);
}

EXPORT(COUNTERS "#[dtor]counter") void dtor(uint32_t rep) {
  slots[rep] = free_slot;
  free_slot = rep;
  living--;
}

/* The value of an owned handle, which is dropped. */
static uint32_t take(uint32_t handle) {
  uint32_t value = slots[counter_rep(handle)];
  counter_drop(handle);
  return value;
}

EXPORT(COUNTERS "#[constructor]counter") uint32_t constructor(uint32_t start) { return new_counter(start); }
EXPORT(COUNTERS "#[method]counter.inc") uint32_t inc(uint32_t rep, uint32_t by) { return slots[rep] += by; }
EXPORT(COUNTERS "#[method]counter.value") uint32_t value(uint32_t rep) { return slots[rep]; }
EXPORT(COUNTERS "#[static]counter.merge") uint32_t merge(uint32_t a, uint32_t b_rep) {
  return new_counter(take(a) + slots[b_rep]);
}
EXPORT(COUNTERS "#peek") uint32_t peek(uint32_t rep) { return slots[rep]; }
EXPORT(COUNTERS "#consume") uint32_t consume(uint32_t handle) { return take(handle); }
EXPORT(COUNTERS "#alive") uint32_t alive(void) { return living; }

EXPORT(COUNTERS "#make-many") list_t *make_many(uint32_t count) {
  uint32_t *handles = heap_alloc((size_t)count * sizeof(uint32_t), 4);
  for (uint32_t i = 0; i < count; i++) handles[i] = new_counter(i);
  return give(handles, count);
}
EXPORT("cabi_post_" COUNTERS "#make-many") void post_make_many(void *area) { finish(area); }

EXPORT(COUNTERS "#maybe") option_t *maybe(uint32_t wanted) {
  static option_t area;
  area = (option_t){wanted ? 1 : 0, wanted ? new_counter(7) : 0};
  return &area;
}

EXPORT(COUNTERS "#pass") result_t *pass(uint32_t handle) {
  answer = (result_t){0, {(const void *)(uintptr_t)handle, 0}};
  return &answer;
}
