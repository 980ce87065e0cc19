"""The text tools, one file a tool, in one table; a place takes those that it has.

They know a `Proc` and nothing of clusters. `date` needs a clock: see `date_program`.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.bash.process import Program
from sim.bash.tools.awk import awk
from sim.bash.tools.cat import cat, tac, tee
from sim.bash.tools.column import base64, column, rev
from sim.bash.tools.cut import cut
from sim.bash.tools.echo import echo, printf
from sim.bash.tools.ends import head, tail
from sim.bash.tools.filetools import basename, cp, ls, mkdir, pwd, rm, rmdir, touch
from sim.bash.tools.grep import grep
from sim.bash.tools.places import clear, editor, hostname, jq, uname, which, whoami
from sim.bash.tools.sed import sed
from sim.bash.tools.seq import false, seq, true, yes
from sim.bash.tools.shells import sh
from sim.bash.tools.sort import sort
from sim.bash.tools.tar import tar
from sim.bash.tools.testing import test
from sim.bash.tools.timing import date_program, sleep, timeout, watch
from sim.bash.tools.tr import tr
from sim.bash.tools.uniq import uniq
from sim.bash.tools.wc import nl, wc
from sim.bash.tools.xargs import env, printenv, xargs

TEXT_TOOLS: Mapping[str, Program] = {
    "[": test,
    "awk": awk,
    "base64": base64,
    "basename": basename,
    "bash": sh,
    "cat": cat,
    "clear": clear,
    "column": column,
    "cp": cp,
    "cut": cut,
    "dirname": basename,
    "echo": echo,
    "egrep": grep,
    "emacs": editor,
    "env": env,
    "false": false,
    "fgrep": grep,
    "grep": grep,
    "head": head,
    "hostname": hostname,
    "jq": jq,
    "less": cat,
    "ls": ls,
    "mkdir": mkdir,
    "more": cat,
    "mv": cp,
    "nano": editor,
    "nl": nl,
    "printenv": printenv,
    "printf": printf,
    "pwd": pwd,
    "rev": rev,
    "rm": rm,
    "rmdir": rmdir,
    "sed": sed,
    "seq": seq,
    "sh": sh,
    "sleep": sleep,
    "sort": sort,
    "tac": tac,
    "tail": tail,
    "tee": tee,
    "tar": tar,
    "test": test,
    "timeout": timeout,
    "touch": touch,
    "tr": tr,
    "true": true,
    "uname": uname,
    "uniq": uniq,
    "vi": editor,
    "vim": editor,
    "watch": watch,
    "wc": wc,
    "which": which,
    "whoami": whoami,
    "xargs": xargs,
    "yes": yes,
}
"""What a workstation has; `awk` and the like stand in for gawk and mawk."""

__all__ = ["TEXT_TOOLS", "date_program"]
