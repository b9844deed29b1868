#!/bin/sh
# Warns when a disk fills up. The last line of the file has no line end.
set -eu
limit=${1:-90}
df -P | while read -r device blocks used free share mount; do
    case $share in
        *%) percent=${share%\%} ;;
        *) continue ;;
    esac
    if [ "$percent" -ge "$limit" ]; then
        echo "$mount ($device) is ${percent}% full: $used of $blocks blocks, $free free"
    fi
done
exit 0