"""Who and where one is: hostname, uname, whoami, id, sudo and su.

Small programs over facts that do not change while the machine is up; this file must not know
anything that does.
"""

from __future__ import annotations

from dataclasses import replace

from sim.bash.process import Proc, Running
from sim.node.programs.host import machine_of, own_address, own_name
from sim.node.programs.interfaces import links
from sim.node.programs.options import UsageError, parse, program, waiting


@program(1)
def hostname(proc: Proc) -> int:
    """Print the name of the place."""
    options = parse(proc, "fsiId", ("fqdn", "short", "ip-address", "all-ip-addresses"))
    if options.has("-I", "--all-ip-addresses"):
        found = [one for one in links(proc) if one.name != "lo" and "UP" in one.flags]
        proc.print("".join(f"{ip.partition('/')[0]} " for one in found for ip in one.addresses))
    elif options.has("-i", "--ip-address"):
        proc.print(own_address(proc))
    elif options.operands:
        return proc.fail("you must be root to change the host name")
    else:
        proc.print(own_name(proc))
    return 0


@program(1)
def uname(proc: Proc) -> int:
    """Print the kernel's name and version."""
    options = parse(proc, "asnrvmpio", ("all",))
    facts = machine_of(proc).facts
    version = machine_of(proc).build
    values = {
        "-s": "Linux", "-n": own_name(proc), "-r": facts.kernel_version,
        "-v": version, "-m": "x86_64", "-o": "GNU/Linux",
    }  # fmt: skip
    chosen = [value for flag, value in values.items() if options.has(flag)]
    if options.has("-a", "--all"):
        chosen = list(values.values())
    proc.print(" ".join(chosen or ["Linux"]))
    return 0


def _user(proc: Proc) -> str:
    return proc.environ.get("USER", "root")


@program(1)
def whoami(proc: Proc) -> int:
    """Print the user's name."""
    proc.print(_user(proc))
    return 0


@program(1)
def identify(proc: Proc) -> int:
    """Print the user's and groups' numbers (`id`)."""
    options = parse(proc, "ungG")
    user = _user(proc)
    number = {"root": 0, "ansible": 1001, "nobody": 65534, "www-data": 33}.get(user, 1000)
    if options.has("-u", "-g", "-G"):
        proc.print(user if options.has("-n") else str(number))
    else:
        groups = f"{number}({user})" + ("" if number == 0 else ",4(adm),27(sudo)")
        proc.print(f"uid={number}({user}) gid={number}({user}) groups={groups}")
    return 0


_USERS = {"root": "/root", "oncall": "/home/oncall", "ansible": "/home/ansible",
          "nobody": "/nonexistent", "www-data": "/var/www"}  # fmt: skip
"""Who can be become, and where they are at home."""
_SUDO_USAGE = (
    "usage: sudo -h | -K | -k | -V\n"
    "usage: sudo [-AbEHnPS] [-u user] [VAR=value] [-i | -s] [command [arg ...]]"
)


@waiting(1)
def sudo(proc: Proc) -> Running:
    """Run the rest of the line as root, or as another user."""
    words, target = proc.argv[1:], "root"
    shell = False
    while words and words[0].startswith("-"):
        word = words.pop(0)
        if word in ("-u", "--user") or (word.startswith("-u") and len(word) > 2):
            target = (
                word[2:] if word[1] == "u" and len(word) > 2 else (words.pop(0) if words else "")
            )
            if target.startswith("#0"):
                target = "root"
            if target not in _USERS:
                raise UsageError(f"sudo: unknown user {target}")
        elif word in ("-g", "-p", "-C", "-h", "-D", "-R", "-T") and words:
            words.pop(0)
        elif word in ("-l", "--list", "-ll"):
            _print_rights(proc)
            return 0
        elif word in ("-V", "--version"):
            proc.print("Sudo version 1.9.13p3")
            return 0
        elif word in ("-v", "-k", "-K", "--validate") and not words:
            return 0
        elif word in ("-i", "-s", "--login", "--shell"):
            shell = True
        elif word.lstrip("-") and set(word[1:]) <= set("SnEHkbAPis"):
            shell = shell or bool(set(word[1:]) & set("is"))
        elif word == "--":
            break
        elif word in (
            "--preserve-env",
            "--non-interactive",
            "--background",
            "--stdin",
            "--set-home",
        ):
            continue
        else:
            raise UsageError(f"sudo: invalid option -- '{word.lstrip('-')[:1]}'\n{_SUDO_USAGE}")
    environ = {**proc.environ, "USER": target, "LOGNAME": target, "HOME": _USERS[target],
               "SUDO_USER": _user(proc)}  # fmt: skip
    while words and "=" in words[0] and words[0].partition("=")[0].isidentifier():
        name, _, value = words.pop(0).partition("=")
        environ[name] = value
    if shell and not words:
        words = ["bash"]
    if not words:
        raise UsageError(_SUDO_USAGE)
    if words[0] not in proc.programs and words[0].rpartition("/")[2] not in proc.programs:
        proc.stderr.write(f"sudo: {words[0]}: command not found\n")
        return 1
    cwd = (
        _USERS[target] if "-i" in proc.argv[1:3] and proc.files.is_dir(_USERS[target]) else proc.cwd
    )
    return (yield from replace(proc, environ=environ, cwd=cwd).call(words, environ=environ))


def _print_rights(proc: Proc) -> None:
    user, host = _user(proc), own_name(proc)
    proc.print(
        f"Matching Defaults entries for {user} on {host}:",
        "    env_reset, mail_badpass,"
        " secure_path=/usr/local/sbin\\:/usr/local/bin\\:/usr/sbin\\:/usr/bin\\:/sbin\\:/bin, use_pty",
        "",
        f"User {user} may run the following commands on {host}:",
        "    (ALL) NOPASSWD: ALL",
    )


@waiting(1)
def su(proc: Proc) -> Running:
    """Become another user, which only root may here."""
    words = [word for word in proc.argv[1:] if word not in ("-", "-l", "--login", "-p", "-m")]
    target = words.pop(0) if words and not words[0].startswith("-") else "root"
    if target not in _USERS:
        raise UsageError(
            f"su: user {target} does not exist or the user entry does not"
            " contain all the required fields"
        )
    if _user(proc) != "root":
        proc.stderr.write("Password: \nsu: Authentication failure\n")
        return 1
    if words and words[0] != "-c":
        raise UsageError(f"su: invalid option -- '{words[0].lstrip('-')[:1]}'\n"
                         "Try 'su --help' for more information.")  # fmt: skip
    environ = {**proc.environ, "USER": target, "LOGNAME": target, "HOME": _USERS[target]}
    return (yield from replace(proc, environ=environ).call(["bash", *words], environ=environ))
