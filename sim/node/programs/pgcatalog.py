"""PostgreSQL's catalogues of roles and of its rules of access, as rows.

Columns are PostgreSQL 16's (System Catalogs and System Views in its manual). This file must not know
who asks.
"""

from __future__ import annotations

from sim.node.programs.sql import Row, Rows
from sim.postgres import HBA, Role, Roles

FIRST_OID = 16_384
"""FirstNormalObjectId; `postgres` is 10."""
_MASKS = {"127.0.0.1/32": "255.255.255.255", "::1/128": ":".join(["ffff"] * 8)}


def _known(roles: Roles, names: list[str]) -> list[tuple[int, Role]]:
    """Return (oid, role) of *names*, `postgres` first, as a catalogue has them."""
    ordered = sorted(names, key=lambda name: (name != "postgres", name))
    return [
        (10 if name == "postgres" else FIRST_OID + place, roles.get(name) or Role(name))
        for place, name in enumerate(ordered)
    ]


def roles_view(roles: Roles, names: list[str]) -> Rows:
    """Return pg_roles."""
    return [
        {**_of_role(role), "rolpassword": "********", "rolvaliduntil": role.valid_until or None,
         "rolbypassrls": role.superuser, "rolconfig": None, "oid": oid}
        for oid, role in _known(roles, names)
    ]  # fmt: skip


def authid(roles: Roles) -> Rows:
    """Return pg_authid."""
    return [
        {"oid": oid, **_of_role(role), "rolbypassrls": role.superuser,
         "rolpassword": roles.verifier(role.name), "rolvaliduntil": role.valid_until or None}
        for oid, role in _known(roles, roles.names())
    ]  # fmt: skip


def shadow(roles: Roles, *, hidden: bool) -> Rows:
    """Return pg_shadow, or pg_user where passwords are *hidden*."""
    return [
        {"usename": role.name, "usesysid": oid, "usecreatedb": role.superuser,
         "usesuper": role.superuser, "userepl": role.superuser, "usebypassrls": role.superuser,
         "passwd": "********" if hidden else roles.verifier(role.name),
         "valuntil": role.valid_until or None, "useconfig": None}
        for oid, role in _known(roles, roles.names())
        if role.login
    ]  # fmt: skip


def _of_role(role: Role) -> Row:
    return {"rolname": role.name, "rolsuper": role.superuser, "rolinherit": True,
            "rolcreaterole": role.superuser, "rolcreatedb": role.superuser,
            "rolcanlogin": role.login, "rolreplication": role.superuser, "rolconnlimit": -1}  # fmt: skip


def hba_rules(_: Roles, directory: str) -> Rows:
    """Return pg_hba_file_rules of the file in *directory*."""
    return [
        {"rule_number": number, "file_name": f"{directory}/pg_hba.conf", "line_number": line,
         "type": kind, "database": f"{{{database}}}", "user_name": "{all}",
         "address": address.partition("/")[0] or None, "netmask": _MASKS.get(address),
         "auth_method": method, "options": None, "error": None}
        for number, (line, kind, database, address, method) in enumerate(HBA, start=1)
    ]  # fmt: skip
