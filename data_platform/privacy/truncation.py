"""What `truncate` leaves of a text: enough to count by, too little to know whose it is."""

import ipaddress
import re

from data_platform.contracts.contract import PersonalKind

_POSTCODE = re.compile(r"(?=.*\d)[A-Z0-9][A-Z0-9 -]{2,9}", re.IGNORECASE)


def truncated(text: str, kind: PersonalKind) -> str | None:
    """Of an e-mail address its domain, of a phone number its country's code, of an address the network (an IP address)
    or the first two signs (a postcode), of a name, handle or id the first letter. None where nothing harmless is left.
    """
    if kind == "email":
        _, at, domain = text.rpartition("@")
        return domain.strip().lower() if at and domain.strip() else None
    if kind == "phone":
        return _country_code(text)
    if kind == "address":
        return _area(text.strip())
    if kind == "free_text":
        return None  # no beginning of a text is harmless: it may be a name
    letters = text.strip().lstrip("@")
    return letters[:1] or None


def _country_code(text: str) -> str | None:
    import phonenumbers  # here and not above: its tables take 0.1 s

    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return None
    return f"+{number.country_code}"


def _area(text: str) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:2].upper() if _POSTCODE.fullmatch(text) else None
    return str(ipaddress.ip_network((address, 24 if address.version == 4 else 48), strict=False))
