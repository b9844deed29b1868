/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ring_fifo.c - a lockless byte queue for one producer and one consumer
 *
 * Copyright (C) 2008, 2011  Ilse Vandermeer <ilse@kernelgarden.net>
 *
 * This program is free software; you can redistribute it and/or modify it
 * under the terms of the GNU General Public License version 2 as published
 * by the Free Software Foundation.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#define FIFO_SIZE 1024u /* a power of two, so that the mask works */

struct ring_fifo {
    _Atomic uint32_t head;
    _Atomic uint32_t tail;
    uint8_t data[FIFO_SIZE];
};

size_t fifo_used(struct ring_fifo *f)
{
    return atomic_load_explicit(&f->head, memory_order_acquire)
         - atomic_load_explicit(&f->tail, memory_order_acquire);
}

int fifo_put(struct ring_fifo *f, uint8_t byte)
{
    uint32_t head = atomic_load_explicit(&f->head, memory_order_relaxed);

    if (fifo_used(f) == FIFO_SIZE)
        return -1;
    f->data[head & (FIFO_SIZE - 1)] = byte;
    atomic_store_explicit(&f->head, head + 1, memory_order_release);
    return 0;
}

int fifo_get(struct ring_fifo *f, uint8_t *byte)
{
    uint32_t tail = atomic_load_explicit(&f->tail, memory_order_relaxed);

    if (fifo_used(f) == 0)
        return -1;
    *byte = f->data[tail & (FIFO_SIZE - 1)];
    atomic_store_explicit(&f->tail, tail + 1, memory_order_release);
    return 0;
}
