# How this module finds a copyright notice: it looks at the first comment of a file and asks whether one of
# the words "copyright", "license" or "(c)" stands beside a year or a name. The comment that you are reading
# contains all of these words and is no notice at all, which is why a list of words is not enough.

import re

YEAR = re.compile(r"\b(19|20)\d\d\b")
WORD = re.compile(r"\bcopyright\b|\(c\)|©", re.IGNORECASE)


def looks_like_notice(comment: str) -> bool:
    """True if one line of the comment has both a mark of copyright and a year."""
    return any(WORD.search(line) and YEAR.search(line) for line in comment.splitlines())


def leading_comment(source: str) -> str:
    """The `#` lines at the top of a file, without shebang and coding line."""
    taken = []
    for number, line in enumerate(source.splitlines()):
        if number < 2 and (line.startswith("#!") or "coding:" in line):
            continue
        if not line.startswith("#"):
            break
        taken.append(line.lstrip("# "))
    return "\n".join(taken)
