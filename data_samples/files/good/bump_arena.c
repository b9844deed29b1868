#include <assert.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A bump allocator: memory is handed out from growing blocks and given back all at once. */

struct block {
    struct block *previous;
    size_t capacity;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct arena {
    struct block *current;
    size_t block_size;
    size_t total;
};

/* A place to come back to: everything that was allocated after it can be released. */
struct arena_mark {
    struct block *block;
    size_t used;
};

void arena_init(struct arena *a, size_t block_size) {
    a->current = NULL;
    a->block_size = block_size < 256 ? 256 : block_size;
    a->total = 0;
}

static bool add_block(struct arena *a, size_t at_least) {
    size_t capacity = at_least > a->block_size ? at_least : a->block_size;
    struct block *b = malloc(sizeof *b + capacity);
    if (!b) return false;
    b->previous = a->current;
    b->capacity = capacity;
    b->used = 0;
    a->current = b;
    a->total += capacity;
    return true;
}

static size_t round_up(size_t n, size_t alignment) {
    return (n + alignment - 1) & ~(alignment - 1);
}

void *arena_alloc(struct arena *a, size_t size, size_t alignment) {
    assert(alignment && (alignment & (alignment - 1)) == 0);
    if (size == 0 || size > SIZE_MAX - alignment) return NULL;
    if (a->current) {
        size_t start = round_up(a->current->used, alignment);
        if (start <= a->current->capacity && a->current->capacity - start >= size) {
            a->current->used = start + size;
            return a->current->bytes + start;
        }
    }
    if (!add_block(a, size)) return NULL;
    a->current->used = size;
    return a->current->bytes;
}

char *arena_copy_string(struct arena *a, const char *text) {
    size_t length = strlen(text) + 1;
    char *copy = arena_alloc(a, length, 1);
    return copy ? memcpy(copy, text, length) : NULL;
}

struct arena_mark arena_save(const struct arena *a) {
    return (struct arena_mark){ a->current, a->current ? a->current->used : 0 };
}

void arena_restore(struct arena *a, struct arena_mark mark) {
    while (a->current != mark.block) {
        struct block *gone = a->current;
        a->current = gone->previous;
        a->total -= gone->capacity;
        free(gone);
    }
    if (a->current) a->current->used = mark.used;
}

void arena_free(struct arena *a) {
    arena_restore(a, (struct arena_mark){ NULL, 0 });
}
