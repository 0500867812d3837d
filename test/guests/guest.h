/* What every C guest needs: names of the canonical ABI and a heap that is emptied after each call. */
#ifndef GUEST_H
#define GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(name)))
#define PAGE 65536u

typedef struct {
  const void *ptr;
  uint32_t len;
} list_t;

extern uint8_t __heap_base;
static uintptr_t heap_top;

/* Everything that was allocated is free again. */
static inline void heap_reset(void) { heap_top = 0; }

/* Bytes aligned to `align`; traps when the memory does not grow. */
static void *heap_alloc(size_t size, size_t align) {
  if (heap_top == 0) heap_top = (uintptr_t)&__heap_base;
  uintptr_t at = (heap_top + align - 1) & ~(uintptr_t)(align - 1);
  uint64_t end = (uint64_t)at + size;
  uint64_t have = (uint64_t)__builtin_wasm_memory_size(0) * PAGE;
  if (end > have) {
    size_t pages = (size_t)((end - have + PAGE - 1) / PAGE);
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) __builtin_trap();
  }
  heap_top = (uintptr_t)end;
  return (void *)at;
}

/* Always a copy: the old bytes stay until the heap is emptied. */
static void *heap_realloc(void *old, size_t old_size, size_t align, size_t new_size) {
  void *fresh = heap_alloc(new_size, align);
  if (old_size > 0) __builtin_memcpy(fresh, old, old_size < new_size ? old_size : new_size);
  return fresh;
}

#ifndef GUEST_OWN_REALLOC
EXPORT("cabi_realloc") void *cabi_realloc(void *old, size_t old_size, size_t align, size_t new_size) {
  return heap_realloc(old, old_size, align, new_size);
}
#endif

/* A list or string to return: the canonical ABI wants a pointer to pointer and length. */
static inline list_t *give(const void *ptr, uint32_t len) {
  static list_t area;
  area.ptr = ptr;
  area.len = len;
  return &area;
}

#define TEXT(literal) give(literal, sizeof(literal) - 1)

#endif
