"""`kubectl create secret`: generic, docker-registry and tls; and the keys that configmaps share.

It must not know what the values are for.
"""

from __future__ import annotations

import base64
import re

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError
from sim.kubectl.commands.generating import GenerateOptions, create_flags
from sim.kubectl.errors import CommandError, plain
from sim.kubectl.goformat import quote, to_json
from sim.kubectl.invocation import Command, Invocation
from sim.kubectl.kustomize.generators import name_hash

DOCKER = ".dockerconfigjson"
SOURCES = ("append-hash bool", "from-env-file array", "from-file array", "from-literal array")
_ENV_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*\Z")
_PEM = re.compile(r"-----BEGIN [A-Z0-9 ]+-----[\s\S]+?-----END [A-Z0-9 ]+-----")


class SecretOptions(GenerateOptions):
    """`create secret generic` from literals and files."""

    plural, kind = "secrets", "Secret"

    def make(self, call: Invocation) -> Obj:
        """Return a Secret."""
        made = _secret(key_values(call, self.kind, self.name))
        if kind := call.flags.text("type"):
            made["type"] = kind
        return self.hashed(call, made)

    def hashed(self, call: Invocation, made: Obj) -> Obj:
        """Return *made* with a hash in its name, if that was asked for."""
        return with_hash(call, made, self.kind, self.name)

    def refused(self, error: ApiStatusError) -> Exception:
        """Return the error that the user sees."""
        return CommandError(f"failed to create secret {plain(error)}")


class DockerRegistryOptions(SecretOptions):
    """`create secret docker-registry`."""

    def make(self, call: Invocation) -> Obj:
        """Return a Secret for an image registry."""
        read = call.flags
        user, password = read.text("docker-username"), read.text("docker-password")
        server, files = read.text("docker-server"), read.many("from-file")
        if not files and not (user and password and server):
            raise CommandError(
                "either --from-file or the combination of --docker-username, --docker-password and "
                "--docker-server is required"
            )
        if files:
            named = [one if "=" in one else f"{DOCKER}={one}" for one in files]
            data = from_files(call, named, self.kind, self.name)
        else:
            auth = base64.b64encode(f"{user}:{password}".encode()).decode()
            entry = {"username": user, "password": password}
            if read.text("docker-email"):
                entry["email"] = read.text("docker-email")
            entry["auth"] = auth
            data = {DOCKER: to_json({"auths": {server: entry}}, sort_keys=False)}
        return self.hashed(call, {**_secret(data), "type": "kubernetes.io/dockerconfigjson"})


class TlsOptions(SecretOptions):
    """`create secret tls`."""

    asks_name = False

    def make(self, call: Invocation) -> Obj:
        """Return a Secret with a certificate and its key."""
        key, cert = call.flags.text("key"), call.flags.text("cert")
        if not key or not cert:
            raise CommandError("key and cert must be specified")
        texts = {}
        for path in (cert, key):
            try:
                texts[path] = call.read_file(path)
            except OSError as error:
                raise CommandError(f"Cannot read file {path}, {error}") from None
        for path, what in ((cert, "certificate"), (key, "key")):
            if not _PEM.search(texts[path]):
                raise CommandError(f"tls: failed to find any PEM data in {what} input")
        data = {"tls.crt": texts[cert], "tls.key": texts[key]}
        return self.hashed(call, {**_secret(data), "type": "kubernetes.io/tls"})


def with_hash(call: Invocation, made: Obj, kind: str, name: str) -> Obj:
    """Return *made* under a name that ends in the hash of its content, if `--append-hash`."""
    if not call.flags.on("append-hash"):
        return made
    suffix = name_hash({"kind": kind, **made}, name)
    return {**made, "metadata": {**made.get("metadata", {}), "name": f"{name}-{suffix}"}}


def _secret(data: dict[str, str]) -> Obj:
    encoded = {
        key: base64.b64encode(text.encode("utf-8", "surrogateescape")).decode()
        for key, text in data.items()
    }
    return {"data": encoded} if encoded else {}


def key_values(call: Invocation, kind: str, name: str) -> dict[str, str]:
    """Return the keys and values that `--from-file`, `--from-literal` and the like name."""
    read = call.flags
    if read.many("from-env-file") and (read.many("from-file") or read.many("from-literal")):
        raise CommandError("from-env-file cannot be combined with from-file or from-literal")
    data: dict[str, str] = {}
    for literal in read.many("from-literal"):
        key, equals, value = literal.partition("=")
        if not equals or not key:
            raise CommandError(f"invalid literal source {literal}, expected key=value")
        _put(data, key, value.strip("'\"") if value[:1] in ("'", '"') else value, kind, name)
    data.update(from_files(call, read.many("from-file"), kind, name, data))
    for source in read.many("from-env-file"):
        _from_env_file(call, source, data, kind, name)
    return data


def _from_env_file(
    call: Invocation, source: str, data: dict[str, str], kind: str, name: str
) -> None:
    try:
        text = call.read_file(source)
    except OSError as error:
        why = str(error).partition(": ")[2]
        raise CommandError(f"error reading {source}: {why}") from None
    for line in map(str.lstrip, text.splitlines()):
        if not line or line.startswith("#"):
            continue
        key, equals, value = line.partition("=")
        if not _ENV_NAME.match(key):
            raise CommandError(
                f"{quote(key)} is not a valid key name: a valid environment variable name must "
                "consist of alphabetic characters, digits, '_', '-', or '.', and must not start "
                "with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used "
                "for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"
            )
        _put(data, key, value if equals else call.proc.environ.get(key, ""), kind, name)


def from_files(
    call: Invocation, sources: list[str], kind: str, name: str, taken: dict[str, str] | None = None
) -> dict[str, str]:
    """Return the texts of files by key; a directory gives each of its files."""
    data: dict[str, str] = dict(taken or {})
    for source in sources:
        key, equals, path = source.partition("=")
        path = path if equals else source
        files = call.proc.files
        where = call.proc.path(path)
        names = [path]
        if files.is_dir(where):
            if equals:
                raise CommandError("cannot give a key name for a directory path")
            names = [f"{path.rstrip('/')}/{one}" for one in files.listdir(where)]
        for one in names:
            try:
                text = call.read_file(one)
            except OSError as error:
                raise CommandError(
                    f"error reading {one}: {str(error).partition(': ')[2]}"
                ) from None
            _put(data, key if equals else one.rpartition("/")[2], text, kind, name)
    return data


def _put(data: dict[str, str], key: str, value: str, kind: str, name: str) -> None:
    if key in data:
        raise CommandError(
            f"cannot add key {quote(key)}, another key by that name already exists in Data for "
            f"{kind} {quote(name)}"
        )
    data[key] = value


SECRET_COMMAND = Command(
    "secret",
    "Create a secret using a specified subcommand",
    subcommands=(
        Command(
            "docker-registry",
            "Create a secret for use with a Docker registry",
            DockerRegistryOptions,
            create_flags(
                "append-hash bool",
                "docker-email",
                "docker-password",
                "docker-server string=https://index.docker.io/v1/",
                "docker-username",
                "from-file list",
            ),
            usage="NAME --docker-username=user --docker-password=password --docker-email=email",
        ),
        Command(
            "generic",
            "Create a secret from a local file, directory, or literal value",
            SecretOptions,
            create_flags(*SOURCES, "type"),
            usage="NAME [--from-file=[key=]source] [--from-literal=key1=value1]",
        ),
        Command(
            "tls",
            "Create a TLS secret",
            TlsOptions,
            create_flags("append-hash bool", "cert", "key"),
            usage="NAME --cert=path/to/cert/file --key=path/to/key/file",
        ),
    ),
)
