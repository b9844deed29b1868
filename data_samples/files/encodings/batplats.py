# -*- coding: iso-8859-1 -*-
"""Formulärhantering för båtplatser. Filen säger själv hur den är kodad."""

AVGIFTER = {"gästplats": 250, "årsplats": 3400, "vinterförvaring": 1800}


def avgift(sort, längd, medlem=False):
    """Avgift i kronor; längden i meter räknas från åtta och uppåt."""
    if sort not in AVGIFTER:
        raise ValueError("okänd sorts plats: %s" % sort)
    grund = AVGIFTER[sort]
    tillägg = max(0, längd - 8) * 0.1 * grund
    return round((grund + tillägg) * (0.8 if medlem else 1.0))


def kölista(ansökningar):
    """Medlemmar först, därefter den som väntat längst."""
    return sorted(ansökningar, key=lambda a: (not a["medlem"], a["datum"]))
