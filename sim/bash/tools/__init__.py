"""The text tools, one file a tool, in one table; a place takes those that it has.

They know a `Proc` and nothing of clusters. `date` needs a clock: see `date_program`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Program
from sim.bash.tools.awk import awk
from sim.bash.tools.bc import bc
from sim.bash.tools.cat import cat, rev, tac, tee
from sim.bash.tools.cmp import cmp
from sim.bash.tools.column import column
from sim.bash.tools.copying import cp, ln, mv
from sim.bash.tools.cut import cut
from sim.bash.tools.date import date_program
from sim.bash.tools.dd import dd
from sim.bash.tools.diff import diff
from sim.bash.tools.drawing import shuf, split
from sim.bash.tools.du import du
from sim.bash.tools.dumps import hexdump, od, strings, xxd
from sim.bash.tools.echo import echo
from sim.bash.tools.editor import editor
from sim.bash.tools.encodings import base64, cksum, digest_program
from sim.bash.tools.env import env, nice, nohup, printenv, setsid
from sim.bash.tools.expr import expr
from sim.bash.tools.find import find
from sim.bash.tools.folding import expand, fmt, fold, unexpand
from sim.bash.tools.grep import grep
from sim.bash.tools.grep.zipped import zgrep
from sim.bash.tools.gzip import gzip
from sim.bash.tools.head import head
from sim.bash.tools.joins import comm, join, paste
from sim.bash.tools.jq import jq
from sim.bash.tools.ls import ls
from sim.bash.tools.making import mkdir, mktemp, rm, rmdir, touch, truncate
from sim.bash.tools.modes import chmod, chown
from sim.bash.tools.nl import nl
from sim.bash.tools.numfmt import numfmt
from sim.bash.tools.pager import less
from sim.bash.tools.paths import basename, dirname, pwd, readlink, realpath
from sim.bash.tools.places import arch, groups, hostname, id_, man, nproc, tty, uname, which, whoami
from sim.bash.tools.printf import printf
from sim.bash.tools.sed import sed
from sim.bash.tools.seq import false, seq, true, yes
from sim.bash.tools.shells import sh
from sim.bash.tools.sort import sort
from sim.bash.tools.stat import file, stat
from sim.bash.tools.tail import tail
from sim.bash.tools.tar import tar
from sim.bash.tools.terminals import clear, multiplexer, reset, stty, tput
from sim.bash.tools.testing import test
from sim.bash.tools.tr import tr
from sim.bash.tools.uniq import uniq
from sim.bash.tools.waiting import sleep, timeout
from sim.bash.tools.watch import watch
from sim.bash.tools.wc import wc
from sim.bash.tools.xargs import xargs
from sim.bash.tools.yq import yq

TEXT_TOOLS: Mapping[str, Program] = {
    "[": test,
    "arch": arch,
    "awk": awk,
    "gawk": awk,
    "mawk": awk,
    "base32": base64,
    "base64": base64,
    "basename": basename,
    "bash": sh,
    "bc": bc,
    "cat": cat,
    "chgrp": chown,
    "chmod": chmod,
    "chown": chown,
    "cksum": cksum,
    "clear": clear,
    "cmp": cmp,
    "column": column,
    "comm": comm,
    "cp": cp,
    "cut": cut,
    "diff": diff,
    "dd": dd,
    "dir": ls,
    "dirname": dirname,
    "du": du,
    "echo": echo,
    "edit": editor,
    "editor": editor,
    "egrep": grep,
    "emacs": editor,
    "env": env,
    "expand": expand,
    "expr": expr,
    "false": false,
    "fgrep": grep,
    "find": find,
    "file": file,
    "fmt": fmt,
    "fold": fold,
    "grep": grep,
    "groups": groups,
    "gunzip": gzip,
    "gzip": gzip,
    "hd": hexdump,
    "head": head,
    "hexdump": hexdump,
    "hostname": hostname,
    "id": id_,
    "join": join,
    "jq": jq,
    "less": less,
    "ln": ln,
    "ls": ls,
    "man": man,
    "md5sum": digest_program("md5"),
    "mkdir": mkdir,
    "mktemp": mktemp,
    "more": less,
    "mv": mv,
    "nano": editor,
    "nice": nice,
    "nl": nl,
    "nohup": nohup,
    "nproc": nproc,
    "numfmt": numfmt,
    "od": od,
    "paste": paste,
    "pico": editor,
    "printenv": printenv,
    "printf": printf,
    "pwd": pwd,
    "readlink": readlink,
    "realpath": realpath,
    "reset": reset,
    "rev": rev,
    "rm": rm,
    "rmdir": rmdir,
    "screen": multiplexer,
    "script": multiplexer,
    "sed": sed,
    "seq": seq,
    "setsid": setsid,
    "sh": sh,
    "sha1sum": digest_program("sha1"),
    "sha224sum": digest_program("sha224"),
    "sha256sum": digest_program("sha256"),
    "sha384sum": digest_program("sha384"),
    "sha512sum": digest_program("sha512"),
    "shuf": shuf,
    "sleep": sleep,
    "sort": sort,
    "split": split,
    "stat": stat,
    "strings": strings,
    "stty": stty,
    "tac": tac,
    "tail": tail,
    "tar": tar,
    "tee": tee,
    "test": test,
    "timeout": timeout,
    "tmux": multiplexer,
    "touch": touch,
    "tput": tput,
    "tr": tr,
    "true": true,
    "truncate": truncate,
    "tty": tty,
    "uname": uname,
    "unexpand": unexpand,
    "uniq": uniq,
    "vi": editor,
    "vim": editor,
    "watch": watch,
    "wc": wc,
    "which": which,
    "whoami": whoami,
    "xargs": xargs,
    "xxd": xxd,
    "yes": yes,
    "yq": yq,
    "zgrep": zgrep,
    "zcat": gzip,
}
"""What a workstation has; `awk` and the like stand in for gawk and mawk."""

__all__ = ["TEXT_TOOLS", "date_program"]
