"""The files of a Debian laptop: what is stored, what is installed, and what its kernel tells.

Programs are listed and not kept: of each there is a name, a size and the head of an ELF file. It
must not know a cluster.
"""

from __future__ import annotations

import posixpath
import zlib
from collections.abc import Callable, Iterable
from functools import partial

from sim.bash import FileProblem, FileSystem
from sim.bash.files import Stat
from sim.shell.laptop import Laptop

BINARIES = "/usr/bin"
DIRECTORIES = (
    "/tmp", "/dev", "/boot", "/etc", "/home", "/mnt", "/opt", "/proc", "/root", "/run", "/srv",
    "/sys", "/usr/bin", "/usr/lib", "/usr/local/bin", "/usr/sbin", "/usr/share", "/var/log",
    "/var/tmp",
)  # fmt: skip
LINKS = {"/bin": "usr/bin", "/lib": "usr/lib", "/sbin": "usr/sbin"}
"""Debian has had one `/usr` since version 12."""
ELF = "\x7fELF\x02\x01\x01" + "\0" * 9 + "\x03\0>\0\x01\0\0\0"
"""The head of a program, elf(5): 64 bits, little-endian, position-independent, x86-64."""
MAX_BYTES = 16 << 20
"""All files together; every pod of a cluster of some hundreds, as JSON, is 5 MB."""
INSTALLED_MS = 43 * 86_400_000
"""How long before the run the programs were installed."""
_SIZES = {"bash": 1_265_648, "kubectl": 58_134_712, "jq": 30_888, "yq": 11_341_976, "ssh": 846_888,
          "curl": 264_800, "openssl": 1_009_528, "nano": 283_144}  # fmt: skip
BASHRC = """\
# ~/.bashrc: executed by bash(1) for non-login shells.

case $- in
    *i*) ;;
      *) return;;
esac

HISTCONTROL=ignoreboth
shopt -s histappend checkwinsize

PS1='\\u@\\h:\\w\\$ '

alias ll='ls -l'
alias k='kubectl'
source <(kubectl completion bash)
complete -o default -F __start_kubectl k
"""
PROFILE = """\
# ~/.profile: executed by the command interpreter for login shells.

if [ -n "$BASH_VERSION" ]; then
    if [ -f "$HOME/.bashrc" ]; then
        . "$HOME/.bashrc"
    fi
fi
"""


class LaptopFiles(FileSystem):
    """A home, and around it a system that only root may change."""

    def __init__(
        self,
        name: str,
        user: str,
        home: str,
        *,
        uptime: Callable[[], int],
        clock: Callable[[], int],
    ) -> None:
        """Start as *user* finds it; *uptime* is in ms, *clock* Unix time in ms."""
        self._programs: frozenset[str] = frozenset()
        super().__init__(
            {f"{home}/.bashrc": BASHRC, f"{home}/.profile": PROFILE},
            home=home,
            owner=user,
            generated=_generated(name, user, home, uptime),
            directories=DIRECTORIES,
            max_bytes=MAX_BYTES,
            clock=clock,
        )
        self._writing_as_of = self._born
        for path, target in LINKS.items():
            self.symlink(target, path)
            self._entries[path].owner = "root"
        self._writing_as_of = None

    def install(self, programs: Iterable[str]) -> None:
        """Show *programs* in `/usr/bin`."""
        self._programs = frozenset(programs)

    def exists(self, path: str) -> bool:
        """Return whether *path* is a file or directory, behind links too."""
        return super().exists(path) or self._program(path) is not None

    def read(self, path: str) -> str:
        """Return the text of *path*; raises FileProblem."""
        return super().read(path) if self._program(path) is None else ELF

    def write(self, path: str, text: str, *, append: bool = False) -> None:
        """Put *text* into *path*; raises FileProblem."""
        if self._program(path) is not None:
            raise FileProblem("Permission denied")
        super().write(path, text, append=append)

    def size(self, path: str) -> int:
        """Return the bytes of a file; 4096 for a directory."""
        name = self._program(path)
        if name is None:
            return super().size(path)
        return _SIZES.get(name) or 14_488 + zlib.crc32(name.encode()) % 12_000 * 8

    def stat(self, path: str, *, follow: bool = True) -> Stat:
        """Return what `ls -l` knows of *path*; raises FileProblem."""
        name = self._program(path)
        if name is None or self.real(path, last=follow) in self._entries:
            return super().stat(path, follow=follow)
        return Stat("-", 0o755, self.size(path), self._born - INSTALLED_MS, "root", "root", 1, "",
                    zlib.crc32(name.encode()))  # fmt: skip

    def listdir(self, path: str) -> list[str]:
        """Return the sorted names in a directory; raises FileProblem."""
        names = super().listdir(path)
        return sorted({*names, *self._programs}) if self.real(path) == BINARIES else names

    def _program(self, path: str) -> str | None:
        """Return which program lies at *path*, if one does."""
        directory, name = posixpath.split(path)
        if name not in self._programs:
            return None
        return name if self.real(directory) == BINARIES else None


def _generated(
    name: str, user: str, home: str, uptime: Callable[[], int]
) -> dict[str, Callable[[], str]]:
    """Return the few files that somebody may look at, made when they are read."""
    laptop = Laptop()
    texts = {
        "/etc/debian_version": "12.12\n",
        "/etc/group": f"root:x:0:\n{user}:x:1000:\n",
        "/etc/hostname": f"{name}\n",
        "/etc/hosts": f"127.0.0.1\tlocalhost\n127.0.1.1\t{name}\n::1\tlocalhost ip6-localhost\n",
        "/etc/os-release": (
            'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\n'
            'VERSION_ID="12"\nVERSION="12 (bookworm)"\nVERSION_CODENAME=bookworm\nID=debian\n'
        ),
        "/etc/passwd": f"root:x:0:0:root:/root:/bin/bash\n{user}:x:1000:1000::{home}:/bin/bash\n",
        "/etc/resolv.conf": "# Generated by NetworkManager\nsearch lan\nnameserver 192.168.178.1\n",
        "/etc/shells": "# /etc/shells: valid login shells\n/bin/sh\n/bin/bash\n/usr/bin/bash\n",
        "/etc/timezone": "Etc/UTC\n",
        "/proc/self/cgroup": "0::/user.slice/user-1000.slice/session-2.scope\n",
        "/proc/sys/kernel/hostname": f"{name}\n",
        "/proc/version": (
            "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14)"
            " 12.2.0, GNU ld (GNU Binutils for Debian) 2.40)"
            " #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)\n"
        ),
        "/proc/cpuinfo": "\n".join(map(_processor, range(laptop.processors))) + "\n",
        "/proc/loadavg": f"{' '.join(laptop.load)} 1/842 4712\n",
        "/proc/meminfo": _memory(laptop),
    }
    made: dict[str, Callable[[], str]] = {path: partial(str, text) for path, text in texts.items()}

    def since() -> str:
        up = (laptop.up_ms + uptime()) / 1000
        return f"{up:.2f} {up * laptop.processors * 0.96:.2f}\n"

    return {**made, "/proc/uptime": since}


def _processor(number: int) -> str:
    return (
        f"processor\t: {number}\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 140\n"
        "model name\t: 11th Gen Intel(R) Core(TM) i7-1185G7 @ 3.00GHz\nstepping\t: 1\n"
        "cpu MHz\t\t: 1804.800\ncache size\t: 12288 KB\n"
    )


def _memory(laptop: Laptop) -> str:
    total, _, free, shared, cache, available = laptop.memory
    rows = (
        ("MemTotal", total), ("MemFree", free), ("MemAvailable", available),
        ("Cached", cache), ("SwapTotal", laptop.swap[0]), ("SwapFree", laptop.swap[2]),
        ("Shmem", shared),
    )  # fmt: skip
    return "".join(f"{name + ':':<16}{kib:>8} kB\n" for name, kib in rows)
