"""A log reader. Somebody pasted one line of another encoding into a file of UTF-8: it is neither."""

# GrÃ¼ÃŸe aus der Zeit vor der Umstellung:
LEGACY = "größer als überallþÀ€í €"


def read_log(path):
    """Lines of the log as text; bytes that are no UTF-8 are shown as escapes."""
    with open(path, "rb") as source:
        return [line.decode("utf-8", "backslashreplace").rstrip() for line in source]


def with_legacy(lines):
    """The old lines first, then the new ones, without blank lines."""
    return [LEGACY] + [line for line in lines if line]


def is_legacy(line):
    return line.startswith(LEGACY[:4])
