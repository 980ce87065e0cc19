"""Kubeconfig files of the place: read, merged, changed and written, as client-go's clientcmd does.

The files are the one truth; nothing is remembered between two runs. It must not know a command.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.apimachinery.wire import Obj
from sim.bash import FileProblem, FileSystem
from sim.kubectl.config import ClientConfig
from sim.kubectl.errors import CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.printers.yaml import to_yaml
from sim.kubectl.yamlproblem import yaml_problem

SECTIONS = {"clusters": "cluster", "contexts": "context", "users": "user"}
"""A list of the file -> the field that holds the entry beside its name."""
NOWHERE = "http://localhost:8080"
"""The server of a client that was told nothing (clientcmd's default cluster)."""
_NO_CONTEXT = "Error in configuration: context was not found for specified context: "


@dataclass
class Settings:
    """What kubeconfig files say: entries by name."""

    clusters: dict[str, Obj] = field(default_factory=dict)
    contexts: dict[str, Obj] = field(default_factory=dict)
    users: dict[str, Obj] = field(default_factory=dict)
    current: str = ""

    def section(self, name: str) -> dict[str, Obj]:
        """Return the entries of `clusters`, `contexts` or `users`."""
        entries: dict[str, Obj] = getattr(self, name)
        return entries

    def copy(self) -> Settings:
        """Return settings that can be changed without these."""
        made = Settings(current=self.current)
        for name in SECTIONS:
            made.section(name).update(
                {key: dict(entry) for key, entry in self.section(name).items()}
            )
        return made

    def as_object(self) -> Obj:
        """Return it in the form of the file."""
        obj: Obj = {"kind": "Config", "apiVersion": "v1"}
        for name, one in SECTIONS.items():
            entries = self.section(name)
            obj[name] = [{"name": key, one: entries[key]} for key in sorted(entries)] or None
        return {**obj, "current-context": self.current}


class Kubeconfig:
    """The files that count for one run, first one first."""

    def __init__(
        self, files: FileSystem, environ: Mapping[str, str], cwd: str, explicit: str = ""
    ) -> None:
        """Take the files that *explicit* (`--kubeconfig`), `KUBECONFIG` or the home names."""
        self._files = files
        self._cwd = cwd
        home = environ.get("HOME") or files.home
        listed = [one for one in environ.get("KUBECONFIG", "").split(":") if one]
        self.explicit = bool(explicit)
        self.names: Sequence[str] = (
            [explicit] if explicit else listed or [posixpath.join(home, ".kube/config")]
        )

    @property
    def default(self) -> str:
        """Return the name of the file that new entries go to."""
        if len(self.names) == 1:
            return self.names[0]
        return next((name for name in self.names if self._exists(name)), self.names[-1])

    def read(self) -> Settings:
        """Return the files merged; the first that names something wins.

        Raises:
            CommandError: if one does not parse.
        """
        merged = Settings()
        for name in self.names:
            one = self._load(name)
            merged.current = merged.current or one.current
            for section in SECTIONS:
                for key, entry in one.section(section).items():
                    merged.section(section).setdefault(key, entry)
        return merged

    def change(self, wanted: Settings) -> None:
        """Write what differs between the files and *wanted*, each entry where it came from."""
        before = self.read()
        for section in SECTIONS:
            was, now = before.section(section), wanted.section(section)
            for name in sorted({*was, *now}):
                if was.get(name) != now.get(name):
                    self._put(section, name, now.get(name))
        if before.current != wanted.current:
            holder = self.default
            if not wanted.current:
                holder = next((name for name in self.names if self._load(name).current), holder)
            settings = self._load(holder)
            settings.current = wanted.current
            self._write(holder, settings)

    def choose(
        self,
        *,
        context: str = "",
        cluster: str = "",
        user: str = "",
        server: str = "",
        namespace: str = "",
    ) -> ClientConfig:
        """Return what is used, flags before files.

        Raises:
            CommandError: if a name leads nowhere, or the file that was asked for is missing.
        """
        if self.explicit and not self._exists(self.names[0]):
            raise CommandError(f"stat {self.names[0]}: no such file or directory")
        settings = self.read()
        name = context or settings.current
        entry = settings.contexts.get(name, {})
        if name and not entry and name not in settings.contexts:
            raise CommandError(_NO_CONTEXT + name, bare=True)
        if user and user not in settings.users:
            raise CommandError(f"auth info {quote(user)} does not exist")
        there = settings.clusters.get(cluster or str(entry.get("cluster", "")), {})
        if cluster and not there:
            raise CommandError(f"no server found for cluster {quote(cluster)}")
        who = user or str(entry.get("user", ""))
        return ClientConfig(
            context=name,
            cluster=cluster or str(entry.get("cluster", "")),
            user=who,
            server=server or str(there.get("server", "")) or NOWHERE,
            namespace=namespace or str(entry.get("namespace", "")),
            credentials=settings.users.get(who, {}),
        )

    # -- files ---------------------------------------------------------------------------------

    def _path(self, name: str) -> str:
        return self._files.resolve(name, self._cwd)

    def _exists(self, name: str) -> bool:
        return self._files.exists(self._path(name))

    def _load(self, name: str) -> Settings:
        try:
            text = self._files.read(self._path(name))
        except FileProblem as problem:
            if self._exists(name):
                raise CommandError(
                    f"error loading config file {quote(name)}: read {name}: {str(problem).lower()}"
                ) from None
            return Settings()
        try:
            found = _parsed(text)
        except YAMLError as error:
            told = yaml_problem(error, text)
            if not told.startswith("yaml: line"):
                told = told.replace("yaml: ", "yaml: line 1: ")
            raise CommandError(f"error loading config file {quote(name)}: {told}") from None
        return _settings(found, name)

    def _put(self, section: str, name: str, entry: Obj | None) -> None:
        holder = next(
            (file for file in self.names if name in self._load(file).section(section)),
            self.default,
        )
        settings = self._load(holder)
        if entry is None:
            settings.section(section).pop(name, None)
        else:
            settings.section(section)[name] = entry
        self._write(holder, settings)

    def _write(self, name: str, settings: Settings) -> None:
        path = self._path(name)
        try:
            self._files.mkdir(posixpath.dirname(path))
            self._files.write(path, to_yaml(settings.as_object()))
        except FileProblem as problem:
            raise CommandError(f"open {name}: {str(problem).lower()}") from None


@lru_cache(maxsize=16)
def _parsed(text: str) -> Any:
    """Return a YAML text's value, which nobody changes: every command reads the same file."""
    return YAML(typ="safe", pure=True).load(text)


def _settings(found: Any, name: str) -> Settings:
    bad = f"error loading config file {quote(name)}: "
    if found is None:
        return Settings()
    if not isinstance(found, dict):
        raise CommandError(
            f"{bad}couldn't get version/kind; json parse error: json: cannot unmarshal "
            f"{'array' if isinstance(found, list) else 'string'} into Go value of type struct {{ "
            'APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string '
            '"json:\\"kind,omitempty\\"" }'
        )
    kind, version = found.get("kind", "Config"), found.get("apiVersion", "v1")
    if (kind, version) != ("Config", "v1"):
        raise CommandError(
            f"{bad}no kind {quote(str(kind))} is registered for version {quote(str(version))} in "
            'scheme "k8s.io/client-go/tools/clientcmd/api/latest/latest.go:50"'
        )
    settings = Settings(current=str(found.get("current-context") or ""))
    for section, one in SECTIONS.items():
        for item in found.get(section) or []:
            if isinstance(item, dict):
                settings.section(section)[str(item.get("name", ""))] = dict(item.get(one) or {})
    return settings
