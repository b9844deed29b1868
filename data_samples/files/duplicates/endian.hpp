#ifndef ENDIAN_READ_H
#define ENDIAN_READ_H

#include <stdint.h>

/* Numbers of two and four bytes from a buffer, whatever the machine thinks of byte order. */

static inline uint16_t read_le16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint16_t read_be16(const uint8_t *at)
{
    return (uint16_t)(at[0] << 8 | at[1]);
}

static inline uint32_t read_le32(const uint8_t *at)
{
    return (uint32_t)read_le16(at) | (uint32_t)read_le16(at + 2) << 16;
}

static inline uint32_t read_be32(const uint8_t *at)
{
    return (uint32_t)read_be16(at) << 16 | read_be16(at + 2);
}

#endif
