#!/usr/bin/env bash
# Keeps dated snapshots of a folder. Files that did not change are hard links into the snapshot before,
# so that every snapshot looks complete and costs only what changed.
set -euo pipefail

usage() {
    cat >&2 <<'TEXT'
usage: backup.sh [-k COUNT] [-n] SOURCE TARGET
  -k COUNT  keep the newest COUNT snapshots (default 14)
  -n        say what would be done, and do nothing
TEXT
    exit 64
}

log() { printf '%(%H:%M:%S)T %s\n' -1 "$*" >&2; }

die() {
    log "error: $*"
    exit 1
}

keep=14
dry_run=false
while getopts 'k:nh' option; do
    case $option in
        k) keep=$OPTARG ;;
        n) dry_run=true ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))
[[ $# -eq 2 ]] || usage

source=${1%/}/
target=${2%/}
[[ -d $source ]] || die "no such folder: $source"
[[ $keep =~ ^[1-9][0-9]*$ ]] || die "-k wants a positive number, got '$keep'"

mkdir -p "$target"
exec 9>"$target/.lock"
flock -n 9 || die "another backup into $target is running"

newest() { find "$target" -maxdepth 1 -type d -name '20*' -printf '%f\n' | sort | tail -n 1; }

snapshot() {
    local name previous options
    name=$(date -u +%Y-%m-%dT%H%M%SZ)
    previous=$(newest)
    options=(--archive --delete --human-readable)
    [[ -n $previous ]] && options+=(--link-dest="../$previous")
    $dry_run && options+=(--dry-run)
    log "snapshot $name (previous: ${previous:-none})"
    rsync "${options[@]}" "$source" "$target/.partial"
    $dry_run || mv "$target/.partial" "$target/$name"
}

prune() {
    local -a all
    mapfile -t all < <(find "$target" -maxdepth 1 -type d -name '20*' -printf '%f\n' | sort -r)
    for old in "${all[@]:keep}"; do
        log "removing $old"
        $dry_run || rm -rf -- "${target:?}/$old"
    done
}

snapshot
prune
log "done, $(du -sh "$target" | cut -f1) in all"
