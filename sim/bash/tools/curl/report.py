"""What curl says beside the body: the progress meter and the text that `-w` asks for.

It must not know how a transfer went about.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

METER = (
    "  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n"
    "                                 Dload  Upload   Total   Spent    Left  Speed\n"
)
NOTHING = "\r  0     0    0     0    0     0      0      0 --:--:-- --:--:-- --:--:--     0"
LIBCURL = "libcurl/7.88.1 OpenSSL/3.0.19"
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}


@dataclass
class Measured:
    """One transfer in numbers; times are ms from its start."""

    url: str = ""
    effective: str = ""
    method: str = "GET"
    scheme: str = "HTTP"
    status: int = 0
    kind: str = ""
    """Content type."""
    code: int = 0
    """curl's exit code."""
    problem: str = ""
    ip: str = ""
    port: int = 0
    local_ip: str = ""
    local_port: int = 0
    received: int = 0
    sent: int = 0
    head_received: int = 0
    head_sent: int = 0
    headers: int = 0
    connects: int = 0
    redirects: int = 0
    redirect_url: str = ""
    file: str = ""
    number: int = 0
    lookup_us: int = 0
    connected: int = 0
    secured: int = 0
    first_byte: int = 0
    total: int = 0
    referer: str = ""

    def variables(self) -> dict[str, str | int | None]:
        """Return what `%{...}` may name, in the order of its JSON."""
        spent = max(self.total, 1)
        return {
            "certs": "",
            "content_type": self.kind or None,
            "errormsg": self.problem or None,
            "exitcode": self.code,
            "filename_effective": self.file or None,
            "ftp_entry_path": None,
            "http_code": self.status,
            "http_connect": 0,
            "http_version": "1.1" if self.status else "0",
            "local_ip": self.local_ip,
            "local_port": self.local_port,
            "method": self.method,
            "num_certs": 0,
            "num_connects": self.connects,
            "num_headers": self.headers,
            "num_redirects": self.redirects,
            "proxy_ssl_verify_result": 0,
            "redirect_url": self.redirect_url or None,
            "referer": self.referer or None,
            "remote_ip": self.ip,
            "remote_port": self.port,
            "response_code": self.status,
            "scheme": self.scheme,
            "size_download": self.received,
            "size_header": self.head_received,
            "size_request": self.head_sent,
            "size_upload": self.sent,
            "speed_download": self.received * 1000 // spent,
            "speed_upload": self.sent * 1000 // spent,
            "ssl_verify_result": 0,
            "time_appconnect": _seconds(self.secured),
            "time_connect": _seconds(self.connected, self.lookup_us),
            "time_namelookup": _seconds(0, self.lookup_us),
            "time_pretransfer": _seconds(self.secured or self.connected, self.lookup_us),
            "time_redirect": _seconds(0),
            "time_starttransfer": _seconds(self.first_byte, self.lookup_us),
            "time_total": _seconds(self.total, self.lookup_us),
            "url": self.url,
            "url_effective": self.effective,
            "urlnum": self.number,
        }


def _seconds(ms: int, us: int = 0) -> str:
    return f"{ms // 1000}.{ms % 1000 * 1000 + us:06d}" if us < 1000 else f"{ms / 1000:.6f}"


def written(template: str, measured: Measured) -> tuple[str, str]:
    """Return the text that `-w` asks for, and complaints about it."""
    known = measured.variables()
    out, problems, rest = [], [], template
    while rest:
        if rest.startswith("%%"):
            out.append("%")
            rest = rest[2:]
        elif rest.startswith("%{") and "}" in rest:
            name, _, rest = rest[2:].partition("}")
            if name == "json":
                out.append(_as_json(known))
            elif name in known:
                value = known[name]
                shown = f"{value:03d}" if name in ("http_code", "response_code") else value
                out.append("" if shown is None else str(shown))
            elif name not in ("stdout", "stderr", "onerror"):
                problems.append(f"curl: unknown --write-out variable: '{name}'\n")
        elif rest.startswith("\\") and len(rest) > 1:
            out.append(_ESCAPES.get(rest[1], rest[:2]))
            rest = rest[2:]
        else:
            out.append(rest[0])
            rest = rest[1:]
    return "".join(out), "".join(problems)


def _as_json(known: dict[str, str | int | None]) -> str:
    pairs = [
        f'"{name}":{value if name.startswith("time_") else json.dumps(value)}'
        for name, value in known.items()
    ]
    return "{" + ",".join(pairs) + f',"curl_version":"{LIBCURL}"' + "}"


def progress(measured: Measured) -> str:
    """Return the meter's last line, with its newline."""
    down, up = measured.received, measured.sent
    spent = max(measured.total, 1)
    speeds = [size * 1000 // spent for size in (down, up, down + up)]
    percents = [100 if size else 0 for size in (down + up, down, up)]
    return (
        f"\r{percents[0]:>3} {_five(down + up)}  {percents[1]:>3} {_five(down)}  {percents[2]:>3} "
        f"{_five(up)} {_five(speeds[0]):>6} {_five(speeds[1]):>6} --:--:-- --:--:-- --:--:-- "
        f"{_five(speeds[2])}\n"
    )


def _five(number: int) -> str:
    """Return a number in five columns, as `max5data` of curl writes it."""
    if number < 100_000:
        return f"{number:>5}"
    if number < 10_000 << 10:
        return f"{number >> 10:>4}k"
    if number < 100 << 20:
        return f"{number >> 20:>2}.{(number % (1 << 20)) * 10 >> 20}M"
    return f"{number >> 20:>4}M"
