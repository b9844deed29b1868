"""Spaces and tabs in one block: Python 3 refuses, Python 2 guessed."""


def classify(temperature, humidity):
    if temperature < 0:
        kind = "frost"
	kind = kind + " and ice"
    elif temperature < 15:
        kind = "cool"
    else:
        kind = "warm"
    if humidity > 80:
	return kind + ", damp"
    return kind


def report(readings):
    lines = []
    for place, temperature, humidity in readings:
        lines.append("%s: %s" % (place, classify(temperature, humidity)))
    return "\n".join(lines)
