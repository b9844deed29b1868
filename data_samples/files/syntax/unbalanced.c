#include <ctype.h>
#include <stddef.h>
#include <stdio.h>

/* Counts words in a text. A closing brace went missing when the loop was rewritten. */
size_t count_words(const char *text)
{
    size_t words = 0;
    int inside = 0;

    for (; *text; text++) {
        if (isspace((unsigned char)*text)) {
            inside = 0;
        } else if (!inside) {
            inside = 1;
            words++;
    }
    return words;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        printf("%zu words in argument %d\n", count_words(argv[i]), i);
    return 0;
}
