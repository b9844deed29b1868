#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* How often a character occurs. */
unsigned count_char(const char *where, char wanted)
{
    unsigned found = 0;
    for (; *where; where++) found += (*where == wanted);
    return found;
}

/* Reverses a buffer in place. */
void reverse_bytes(unsigned char *buffer, size_t size)
{
    for (size_t left = 0, right = size; left + 1 < right; left++) {
        unsigned char kept = buffer[left];
        buffer[left] = buffer[--right];
        buffer[right] = kept;
    }
}

/* A hash in the manner of Fowler, Noll and Vo. */
uint32_t quick_hash(const void *key, size_t length)
{
    const uint8_t *byte = key;
    uint32_t state = 2166136261u;
    while (length--) state = (state ^ *byte++) * 16777619u;
    return state;
}

/* Value of a hexadecimal digit, or minus one. */
int hex_value(int digit)
{
    if (digit >= '0' && digit <= '9') return digit - '0';
    digit |= 32;
    return digit >= 'a' && digit <= 'f' ? digit - 'a' + 10 : -1;
}

/* The smallest power of two that is not below n. */
uint64_t next_power(uint64_t n)
{
    uint64_t power = 1;
    while (power < n) power <<= 1;
    return power;
}

/* Copies at most capacity minus one characters and always ends the copy. */
size_t copy_text(char *target, const char *source, size_t capacity)
{
    size_t written = 0;
    if (capacity == 0) return 0;
    while (written + 1 < capacity && source[written]) { target[written] = source[written]; written++; }
    target[written] = 0;
    return written;
}

/* Greatest common divisor after Euclid. */
unsigned long common_divisor(unsigned long p, unsigned long q)
{
    while (q) { unsigned long rest = p % q; p = q; q = rest; }
    return p;
}

/* Number of decimal digits. */
int digit_count(long long number)
{
    int digits = 1;
    while (number /= 10) digits++;
    return digits;
}

/* Finds a value in a sorted array, or gives the size. */
size_t binary_find(const int *sorted, size_t count, int goal)
{
    size_t begin = 0, end = count;
    while (begin < end) {
        size_t centre = begin + (end - begin) / 2;
        if (sorted[centre] < goal) begin = centre + 1; else end = centre;
    }
    return begin < count && sorted[begin] == goal ? begin : count;
}

/* Rounds half away from zero without the math library. */
long round_half(double real)
{
    return real < 0 ? (long)(real - 0.5) : (long)(real + 0.5);
}

/* Swaps two objects of any size through a small window. */
void swap_objects(void *one, void *other, size_t width)
{
    unsigned char *x = one, *y = other, temporary;
    while (width--) { temporary = *x; *x++ = *y; *y++ = temporary; }
}
