#!/usr/bin/env python2
"""Counts parts in the store room. Written for Python 2 and never ported."""
import sys
import urllib2
from ConfigParser import ConfigParser


class Shelf:
    def __init__(self, name):
        self.name = name
        self.parts = {}

    def add(self, part, count=1):
        if not self.parts.has_key(part):
            self.parts[part] = 0L
        self.parts[part] += count

    def __cmp__(self, other):
        return cmp(self.name, other.name)


def read_shelves(path):
    shelves = []
    config = ConfigParser()
    config.read(path)
    for name in config.sections():
        shelf = Shelf(name)
        for part, count in config.items(name):
            try:
                shelf.add(part, int(count))
            except ValueError, error:
                print >>sys.stderr, "%s: %s" % (part, error)
        shelves.append(shelf)
    return sorted(shelves)


if __name__ == "__main__":
    for shelf in read_shelves(sys.argv[1]):
        print shelf.name,
        print ", ".join("%s x %d" % item for item in shelf.parts.iteritems())
