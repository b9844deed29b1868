#!/bin/sh
#
# rotate_logs.sh: compress and number old log files
#
# Copyright (c) 2010-2014 Northgate Hosting. Released under the terms of the
# ISC license, see the file COPYING.
#
# Permission to use, copy, modify, and/or distribute this software for any
# purpose with or without fee is hereby granted, provided that the above
# copyright notice and this permission notice appear in all copies.

set -eu

log=${1:?usage: rotate_logs.sh LOG [COUNT]}
count=${2:-7}

[ -f "$log" ] || { echo "rotate_logs.sh: $log does not exist" >&2; exit 66; }

# Move log.6.gz to log.7.gz and so on, the oldest one falls off the end.
n=$count
while [ "$n" -gt 1 ]; do
    previous=$((n - 1))
    if [ -f "$log.$previous.gz" ]; then
        mv -f "$log.$previous.gz" "$log.$n.gz"
    fi
    n=$previous
done

cp -p "$log" "$log.1"
: > "$log"
gzip -f "$log.1"
