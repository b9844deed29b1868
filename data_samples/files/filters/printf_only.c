#include <stdio.h>

int main(void)
{
    const char *line = "----------------------------";

    printf("%s\n", line);
    printf("Pin layout of the controller\n");
    printf("%s\n", line);
    printf("1   ground\n");
    printf("2   supply, five volts\n");
    printf("3   clock\n");
    printf("4   data in\n");
    printf("5   data out\n");
    printf("6   select, active low\n");
    printf("7   interrupt\n");
    printf("8   reset, active low\n");
    printf("%s\n", line);
    printf("Never connect pin two before pin one.\n");
    return 0;
}
