"""The options of `set` and `shopt`, and the variables that a shell sets itself."""

from __future__ import annotations

VERSION = "5.2.15(1)-release"
DEFAULTS = frozenset(
    {"BASH", "BASH_VERSION", "PPID", "UID", "EUID", "IFS", "OPTIND", "SHLVL", "PS4", "HOSTTYPE",
     "MACHTYPE", "OSTYPE", "BASH_VERSINFO", "COLUMNS", "LINES", "HOSTNAME", "OPTERR", "GROUPS"}
)  # fmt: skip
"""Variables that a shell sets itself, as long as nobody else has."""
CONSTANT = {
    "BASH": "/bin/bash", "BASH_VERSION": VERSION, "BASH_VERSINFO": "5", "IFS": " \t\n",
    "OPTIND": "1", "OPTERR": "1", "SHLVL": "1", "PS4": "+ ", "HOSTTYPE": "x86_64",
    "MACHTYPE": "x86_64-pc-linux-gnu", "OSTYPE": "linux-gnu",
}  # fmt: skip
"""Those that are the same in every shell."""
LETTERS = {
    "a": "allexport", "b": "notify", "e": "errexit", "f": "noglob", "h": "hashall", "k": "keyword",
    "m": "monitor", "n": "noexec", "p": "privileged", "t": "onecmd", "u": "nounset", "v": "verbose",
    "x": "xtrace", "B": "braceexpand", "C": "noclobber", "E": "errtrace", "H": "histexpand",
    "P": "physical", "T": "functrace",
}  # fmt: skip
"""Letters of `set` and the options that they stand for."""
SET_OPTIONS = frozenset(LETTERS.values()) | {
    "emacs", "history", "ignoreeof", "interactive-comments", "nolog", "pipefail", "posix", "vi",
}  # fmt: skip
SHELL_OPTIONS = (
    "autocd", "assoc_expand_once", "cdable_vars", "cdspell", "checkhash", "checkjobs", "checkwinsize",
    "cmdhist", "compat31", "compat32", "compat40", "compat41", "compat42", "compat43", "compat44",
    "complete_fullquote", "direxpand", "dirspell", "dotglob", "execfail", "expand_aliases",
    "extdebug", "extglob", "extquote", "failglob", "force_fignore", "globasciiranges",
    "globskipdots", "globstar", "gnu_errfmt", "histappend", "histreedit", "histverify",
    "hostcomplete", "huponexit", "inherit_errexit", "interactive_comments", "lastpipe", "lithist",
    "localvar_inherit", "localvar_unset", "login_shell", "mailwarn", "no_empty_cmd_completion",
    "nocaseglob", "nocasematch", "noexpand_translation", "nullglob", "patsub_replacement",
    "progcomp", "progcomp_alias", "promptvars", "restricted_shell", "shift_verbose", "sourcepath",
    "varredir_close", "xpg_echo",
)  # fmt: skip
"""What `shopt` lists."""
