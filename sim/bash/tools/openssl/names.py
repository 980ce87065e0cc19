"""Distinguished names and dates as OpenSSL 3.0 shows them; it must not know a certificate's fields."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.x509 import Certificate, Name

_SHORT = {
    "commonName": "CN", "organizationName": "O", "organizationalUnitName": "OU",
    "countryName": "C", "localityName": "L", "stateOrProvinceName": "ST",
    "domainComponent": "DC", "userID": "UID", "givenName": "GN", "surname": "SN",
}  # fmt: skip
_QUOTED = ',+"<>;\\'


def name_of(name: Name, style: str = "") -> str:
    """Return *name* in one line; *style* is a value of `-nameopt`."""
    pairs = [(_SHORT.get(one.oid._name, one.oid._name), str(one.value)) for one in name]
    styles = style.lower().split(",")
    if "rfc2253" in styles:
        return ",".join(f"{key}={_escaped(value)}" for key, value in reversed(pairs))
    if "compat" in styles:
        return "".join(f"/{key}={value}" for key, value in pairs)
    if "multiline" in styles:
        long = [(one.oid._name, str(one.value)) for one in name]
        return "\n" + "\n".join(f"    {key:<25} = {value}" for key, value in long)
    quoted = ((key, f'"{v}"' if any(c in v for c in _QUOTED) else v) for key, v in pairs)
    return ", ".join(f"{key} = {value}" for key, value in quoted)


def _escaped(value: str) -> str:
    return "".join(f"\\{letter}" if letter in _QUOTED else letter for letter in value)


def validity(found: Certificate) -> tuple[datetime, datetime]:
    """Return from when and until when *found* is valid, in UTC without a zone."""
    return (found.not_valid_before_utc.replace(tzinfo=None),
            found.not_valid_after_utc.replace(tzinfo=None))  # fmt: skip


def date_of(when: datetime) -> str:
    """Return *when* as ASN1_TIME_print(3) does."""
    return f"{when:%b} {when.day:>2} {when:%H:%M:%S %Y} GMT"


def hex_of(number: int) -> str:
    """Return whole octets of *number*."""
    text = f"{number:X}"
    return text if len(text) % 2 == 0 else f"0{text}"


def columns(octets: bytes, indent: str, width: int) -> list[str]:
    """Return *octets* as lines of *width* pairs with colons between them."""
    pairs = [f"{one:02x}" for one in octets]
    rows = [pairs[at : at + width] for at in range(0, len(pairs), width)]
    return [
        f"{indent}{':'.join(row)}{':' if n < len(rows) - 1 else ''}" for n, row in enumerate(rows)
    ]
