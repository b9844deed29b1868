/* Dotted numbers that are no addresses: versions, object identifiers, netmasks, section numbers. */
#include <stdio.h>
#include <string.h>

#define DRIVER_VERSION "10.4.12.7"
#define FIRMWARE_AT_LEAST "2.0.0.15"

/* The system group of the management tree, see section 3.4.1.2 of the manual. */
static const char *const SYSTEM_NAME = "1.3.6.1.2.1.1.5.0";
static const char *const SYSTEM_UPTIME = "1.3.6.1.2.1.1.3.0";
static const char *const NETMASK = "255.255.254.0";

/* Compares two dotted numbers field by field; a missing field counts as zero. */
int compare_versions(const char *a, const char *b)
{
    while (*a || *b) {
        int left = 0, right = 0, used = 0;

        if (sscanf(a, "%d%n", &left, &used) == 1)
            a += used;
        used = 0;
        if (sscanf(b, "%d%n", &right, &used) == 1)
            b += used;
        if (left != right)
            return left < right ? -1 : 1;
        a += (*a == '.');
        b += (*b == '.');
    }
    return 0;
}

int firmware_is_recent(const char *found)
{
    return compare_versions(found, FIRMWARE_AT_LEAST) >= 0;
}
