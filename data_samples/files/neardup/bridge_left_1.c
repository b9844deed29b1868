#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Length of a string without trailing blanks. */
size_t trimmed_length(const char *s)
{
    size_t n = strlen(s);
    while (n > 0 && isspace((unsigned char)s[n - 1])) n--;
    return n;
}

/* True if the text begins with the given prefix. */
bool starts_with(const char *text, const char *prefix)
{
    while (*prefix) if (*text++ != *prefix++) return false;
    return true;
}

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
