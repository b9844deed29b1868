"""Everything in this file looks like personal data and is none: all of it should stay as it is."""

import ipaddress

SUPPORT = "support@example.com"
SILENT = "noreply@example.org"
BOT = "41898282+actions-bot@users.noreply.example.net"
DEFAULT_PASSWORD = "changeme"
TEMPLATE = "postgres://{user}:{password}@{host}/{name}"
LOCAL = ["127.0.0.1", "0.0.0.0", "::1", "192.168.0.1", "10.0.0.7", "203.0.113.42"]


def is_public(text: str) -> bool:
    """True for an address that somebody could be reached at."""
    address = ipaddress.ip_address(text)
    return address.is_global and not address.is_multicast


def fill(user: str, password: str, host: str, name: str) -> str:
    """Put values into the template; the caller reads them from the environment."""
    return TEMPLATE.format(user=user, password=password, host=host, name=name)


def public_only(addresses: list[str]) -> list[str]:
    return [a for a in addresses if is_public(a)]
