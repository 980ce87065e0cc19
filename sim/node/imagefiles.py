"""What an image brings as files: which system it is made from, and the programs in its directories.

This file must not know what any program does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from zlib import crc32

from sim.bash.files import Stat

if TYPE_CHECKING:
    from sim.node.container import Container

Shown = Callable[[], str] | list[str] | None
BINARIES = ("/bin", "/sbin", "/usr/bin", "/usr/sbin")
ALPINE = "3.22.2"
_ALPINE_RELEASE = f"""\
NAME="Alpine Linux"
ID=alpine
VERSION_ID={ALPINE}
PRETTY_NAME="Alpine Linux v3.22"
HOME_URL="https://alpinelinux.org/"
BUG_REPORT_URL="https://gitlab.alpinelinux.org/alpine/aports/-/issues"
"""
_UBUNTU_RELEASE = """\
PRETTY_NAME="Ubuntu 24.04.3 LTS"
NAME="Ubuntu"
VERSION_ID="24.04"
VERSION="24.04.3 LTS (Noble Numbat)"
VERSION_CODENAME=noble
ID=ubuntu
ID_LIKE=debian
HOME_URL="https://www.ubuntu.com/"
SUPPORT_URL="https://help.ubuntu.com/"
BUG_REPORT_URL="https://bugs.launchpad.net/ubuntu/"
PRIVACY_POLICY_URL="https://www.ubuntu.com/legal/terms-and-policies/privacy-policy"
UBUNTU_CODENAME=noble
LOGO=ubuntu-logo
"""
_DEBIAN_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
SUPPORT_URL="https://www.debian.org/support"
BUG_REPORT_URL="https://bugs.debian.org/"
"""
_SYSTEMS: dict[str, dict[str, str]] = {
    "alpine": {"/etc/os-release": _ALPINE_RELEASE, "/etc/alpine-release": f"{ALPINE}\n"},
    "debian": {"/etc/os-release": _DEBIAN_RELEASE, "/etc/debian_version": "12.9\n"},
    "ubuntu": {"/etc/os-release": _UBUNTU_RELEASE, "/etc/debian_version": "trixie/sid\n"},
}
_ADMINISTRATORS = frozenset(
    ("arp", "blkid", "brctl", "bridge", "chroot", "conntrack", "ethtool", "fdisk", "halt",
     "ifconfig", "ip6tables", "ip6tables-nft", "ip6tables-restore", "ip6tables-save", "ipset",
     "iptables", "iptables-nft", "iptables-restore", "iptables-save", "ipvsadm", "nft", "parted",
     "poweroff", "reboot", "route", "shutdown", "sysctl", "tracepath")
)  # fmt: skip
"""Programs that lie in the directories of the administrator."""
_INTO_BIN = frozenset(
    ("arch", "ash", "base64", "busybox", "cat", "chgrp", "chmod", "chown", "cp", "date", "dd", "df",
     "dmesg", "echo", "ed", "egrep", "false", "fgrep", "grep", "gunzip", "gzip", "hostname", "kill",
     "ln", "ls", "mkdir", "mktemp", "more", "mount", "mv", "netstat", "nice", "pidof", "ping",
     "printenv", "ps", "pwd", "rm", "rmdir", "sed", "sh", "sleep", "stat", "stty", "su", "sync",
     "tar", "touch", "true", "umount", "uname", "usleep", "watch", "zcat")
)  # fmt: skip
"""What Alpine has in /bin, not in /usr/bin."""


def system_texts(container: Container) -> dict[str, str]:
    """Return the files that tell which system the container's image is."""
    return _SYSTEMS.get(container.image_spec.system, {})


def shown_binaries(names: Iterable[str], system: str, path: str) -> Shown:
    """Answer for a directory of programs or a program in one, of a place that has *names*."""
    for directory in BINARIES:
        if path == directory:
            return sorted(name for name in names if _lies(name, system, directory))
        if path.startswith(f"{directory}/"):
            name = path.removeprefix(f"{directory}/")
            if name in names and _lies(name, system, directory):
                return _binary
    return None


def stat_binary(path: str, born_ms: int, system: str) -> Stat:
    """Return what `ls -l` knows of a program."""
    name = path.rpartition("/")[2]
    applet = system in ("", "alpine")
    size = 1_131_168 if applet else 14_000 + crc32(name.encode()) % 190_000
    links = 400 if system == "" else 1
    return Stat("-", 0o755, size, born_ms, "root", "root", links, "", 900 + len(name))


def _lies(name: str, system: str, directory: str) -> bool:
    """Return whether a program is found in a directory."""
    if system == "":  # busybox' own image has one directory for everything
        return directory == "/bin"
    inner = directory.removeprefix("/usr")
    if name in _ADMINISTRATORS:
        return inner == "/sbin"
    if system == "alpine":
        return directory == ("/bin" if name in _INTO_BIN else "/usr/bin")
    return inner == "/bin"


def _binary() -> str:
    return "\x7fELF\x02\x01\x01"
