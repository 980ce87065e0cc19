"""Which spellings Kubernetes accepts for names, keys and addresses, and how it says no.

Each function returns why a text is refused, nothing if it is fine (apimachinery
pkg/util/validation, pkg/api/validate/content). This file must not know fields or kinds.
"""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_UNDERSCORED = r"_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
MAX_LABEL = 63
MAX_SUBDOMAIN = 253
MAX_ID = 2**31 - 1


def _rule(text: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{one}', " for one in examples)
    if not examples:
        return f"{text} (regex used for validation is '{pattern}')"
    return f"{text} (e.g. {shown}regex used for validation is '{pattern}')"


def _fits(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def too_long(length: int) -> str:
    """Return the text for a name of more than *length* characters."""
    return f"must be no more than {length} characters"


SUBDOMAIN_RULE = _rule(
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an alphanumeric character",
    _SUBDOMAIN,
    "example.com",
)
LABEL_RULE = _rule(
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric character",
    _LABEL,
    "my-name",
    "123-abc",
)
_KEY_TEXT = (
    "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character"
)
_KEY_RULE = _rule(_KEY_TEXT, _KEY, "MyName", "my.name", "123-abc")
_VALUE_RULE = _rule(
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character",
    f"({_KEY})?",
    "MyValue",
    "my_value",
    "12345",
)


def subdomain(text: str) -> list[str]:
    """Return why *text* is no RFC 1123 subdomain."""
    found = [too_long(MAX_SUBDOMAIN)] if len(text) > MAX_SUBDOMAIN else []
    return found if _fits(_SUBDOMAIN, text) else [*found, SUBDOMAIN_RULE]


def underscored_subdomain(text: str) -> list[str]:
    """Return why *text* is no subdomain with underscores, as a resolver's search list may hold."""
    pattern = rf"{_UNDERSCORED}(\.{_UNDERSCORED})*"
    rule = _rule(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', "
        "'-' or '.', and must start and end with an alphanumeric character",
        pattern,
        "example.com",
    )
    return [] if _fits(pattern, text) else [rule]


def wildcard_subdomain(text: str) -> list[str]:
    """Return why *text* is no `*.example.com`."""
    pattern = rf"\*\.{_SUBDOMAIN}"
    rule = _rule(
        "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, "
        "which must consist of lower case alphanumeric characters, '-' or '.' and end with an "
        "alphanumeric character",
        pattern,
        "*.example.com",
    )
    return [] if _fits(pattern, text) else [rule]


def label(text: str) -> list[str]:
    """Return why *text* is no RFC 1123 label."""
    found = [too_long(MAX_LABEL)] if len(text) > MAX_LABEL else []
    if _fits(_LABEL, text):
        return found
    return [*found, "must not contain dots" if _fits(_SUBDOMAIN, text) else LABEL_RULE]


def key(text: str) -> list[str]:
    """Return why *text* is no label key, which is what a qualified name is."""
    parts = text.split("/")
    found: list[str] = []
    if len(parts) > 2:
        return [
            f"a valid label key {_KEY_RULE} with an optional DNS subdomain prefix and '/' (e.g. "
            "'example.com/MyName')"
        ]
    name = parts[-1]
    if len(parts) == 2:
        if parts[0]:
            found += [f"prefix part {one}" for one in subdomain(parts[0])]
        else:
            found.append("prefix part must be non-empty")
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > MAX_LABEL:
        found.append(f"name part must be no more than {MAX_LABEL} bytes")
    return found if _fits(_KEY, name) else [*found, f"name part {_KEY_RULE}"]


def value(text: str) -> list[str]:
    """Return why *text* is no label value."""
    found = [f"must be no more than {MAX_LABEL} bytes"] if len(text) > MAX_LABEL else []
    return found if _fits(f"({_KEY})?", text) else [*found, _VALUE_RULE]


def path_segment(text: str) -> list[str]:
    """Return why *text* cannot be one part of a URL's path, as names of RBAC's objects must."""
    if text in (".", ".."):
        return [f"may not be '{text}'"]
    return [f"may not contain '{one}'" for one in ("/", "%") if one in text]


def prefixed_path(text: str) -> list[str]:
    """Return why *text* is no domain-prefixed path such as `acme.io/foo`."""
    host, _, path = text.partition("/")
    if not host or not path:
        return ['must be a domain-prefixed path (such as "acme.io/foo")']
    pattern = r"[A-Za-z0-9/\-._~%!$&'()*+,;=:]+"
    return subdomain(host) or ([] if _fits(pattern, path) else [_rule("Invalid path", pattern)])


def config_key(text: str) -> list[str]:
    """Return why *text* cannot be a key of a ConfigMap or Secret."""
    found = [too_long(MAX_SUBDOMAIN)] if len(text) > MAX_SUBDOMAIN else []
    pattern = "[-._a-zA-Z0-9]+"
    if not _fits(pattern, text):
        text_ = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        found.append(_rule(text_, pattern, "key.name", "KEY_NAME", "key-name"))
    if text in (".", ".."):
        found.append(f"must not be '{text}'")
    elif text.startswith(".."):
        found.append("must not start with '..'")
    return found


def environment_name(text: str) -> list[str]:
    """Return why *text* cannot name an environment variable."""
    if all(" " <= char <= "~" and char != "=" for char in text):
        return []
    return [
        "a valid environment variable name must consist only of printable ASCII characters other "
        "than '='"
    ]


def header_name(text: str) -> list[str]:
    """Return why *text* cannot name an HTTP header."""
    pattern = "[-A-Za-z0-9]+"
    rule = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return [] if _fits(pattern, text) else [_rule(rule, pattern, "X-Header-Name")]


def port_name(text: str) -> list[str]:
    """Return why *text* cannot name a port."""
    found = []
    if len(text) > 15:
        found.append(too_long(15))
    if not _fits("[-a-z0-9]+", text):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", text):
        found.append("must contain at least one letter (a-z)")
    if "--" in text:
        found.append("must not contain consecutive hyphens")
    if text.startswith("-") or text.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def percent(text: str) -> list[str]:
    """Return why *text* is no percentage."""
    pattern = "[0-9]+%"
    rule = "a valid percent string must be a numeric string followed by an ending '%'"
    return [] if _fits(pattern, text) else [_rule(rule, pattern, "1%", "93%")]


def address(text: str) -> list[str]:
    """Return why *text* is no IP address in canonical form."""
    try:
        parsed = ip_address(text)
    except ValueError:
        octets = text.split(".")
        if len(octets) == 4 and all(one.isdecimal() and int(one) < 256 for one in octets):
            return ["must not have leading 0s"]
        return ["must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)"]
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped:
        return ["must not be an IPv4-mapped IPv6 address"]
    return [] if str(parsed) == text else [f'must be in canonical form ("{parsed}")']


def special_address(text: str) -> list[str]:
    """Return why nobody outside a machine can mean the address *text*."""
    parsed: IPv4Address | IPv6Address = ip_address(text)
    if parsed.is_unspecified:
        return [f"may not be unspecified ({text})"]
    if parsed.is_loopback:
        return ["may not be in the loopback range (127.0.0.0/8, ::1/128)"]
    if parsed.is_link_local:
        return ["may not be in the link-local range (169.254.0.0/16, fe80::/10)"]
    if parsed.is_multicast and text.startswith(("224.0.0.", "ff02:")):
        return ["may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"]
    return []


def network(text: str) -> list[str]:
    """Return why *text* is no CIDR value."""
    if "/" in text:
        try:
            ip_network(text)
        except ValueError as error:
            if "host bits" in str(error):
                return ["must not have bits set beyond the prefix length"]
        else:
            return []
    return ["must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)"]
