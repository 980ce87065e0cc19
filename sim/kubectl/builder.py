"""From `pods a b`, `deploy/x svc/y`, `pods,svc -l app=web`, `all` or files to objects.

The rules and error texts are those of cli-runtime's resource builder; it must not know what is
done with the objects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from sim.apimachinery.wire import Obj
from sim.client.discovery import Resource
from sim.client.rest import (
    ACCEPT_JSON,
    ApiStatusError,
    Query,
    collection_path,
    object_path,
    with_kinds,
)
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation
from sim.kubectl.manifests import STDIN, Manifest
from sim.kubectl.names import check_name
from sim.kubectl.structorder import is_typed

_JSON_KINDS: dict[type, str] = {str: "string", bool: "bool", list: "array"}
MISSING = """You must provide one or more resources by argument or filename.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'
   '<resource> <name>'
   '<resource>'"""
_LOCAL = """you must specify resources by --filename when --local is set.
Example resource specifications include:
   '-f rsrc.yaml'
   '--filename=rsrc.json'"""


@dataclass
class Info:
    """One object (or Table, or page of a list) that the arguments name."""

    resource: Resource
    namespace: str
    name: str = ""
    """Empty for a page of a list."""
    object: Obj = field(default_factory=dict)
    """Empty while it has not been asked for."""
    source: str = ""
    """The file it was read from."""
    local: bool = False
    """Nobody asked the server what its kind is."""

    @property
    def called(self) -> str:
        """Return `pods/x`, as errors name the object."""
        if self.local:
            group = self.resource.group
            plain = self.resource.kind.lower()
            return f"{plain}.{group}/{self.name}\n" if group else f"{plain}/{self.name}"
        return f"{self.resource.plural}/{self.name}"

    @property
    def path(self) -> str:
        """Return the object's path."""
        return object_path(self.resource, self.namespace, self.name)

    @property
    def label(self) -> str:
        """Return `pod/x` or `deployment.apps/web`."""
        return f"{self.resource.label}/{self.name}"


@dataclass(frozen=True, slots=True)
class Lookup:
    """How to look for what the arguments name."""

    labels: str = ""
    fields: str = ""
    everywhere: bool = False
    """All namespaces."""
    select_all: bool = False
    """`--all`."""
    bulk: bool = True
    """A type alone means every object of it (`get pods`); False: it is an error."""
    flatten: bool = True
    """Take lists apart; False keeps each page (or Table) whole."""
    accept: str = ACCEPT_JSON
    extra: tuple[tuple[str, str], ...] = ()
    chunk: int = 500
    single_type: bool = False
    fetch: bool = True
    """Ask for objects that are named; False leaves them empty."""
    typed: bool = False
    """Objects are read into Go's structs, which only Kubernetes' own kinds have."""
    subresource: str = ""
    default: str = ""
    """Arguments are names of this type, or have the form TYPE/NAME."""


@dataclass
class Selection:
    """What was found, and what went wrong on the way."""

    infos: list[Info] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)
    single: bool = False
    """The arguments name exactly one object."""
    from_list: bool = False
    """A selector or a bare type was used."""
    turns: list[Info | Exception] = field(default_factory=list)
    """Objects and errors in the order in which kubectl comes to them."""

    def visit(self, act: Callable[[Info], None]) -> list[Exception]:
        """Do *act* to each object and return what went wrong with each, in their order."""
        errors: list[Exception] = []
        for turn in self.turns:
            if isinstance(turn, Exception):
                errors.append(turn)
                continue
            try:
                act(turn)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        return errors

    def found(self, info: Info) -> None:
        """Take in an object."""
        self.infos.append(info)
        self.turns.append(info)

    def failed(self, error: Exception) -> None:
        """Take in why there is none."""
        self.errors.append(error)
        self.turns.append(error)

    def require(self) -> list[Info]:
        """Return the objects, or raise the first errors."""
        raise_all(self.errors[:1])
        return self.infos


def select(
    call: Invocation,
    args: Sequence[str],
    lookup: Lookup,
    manifests: Sequence[Manifest] | None = None,
) -> Selection:
    """Return what *args* (or *manifests*) name.

    Objects that cannot be had are errors of the selection; wrong arguments are raised.

    Raises:
        CommandError: if the arguments make no sense or name an unknown type.
    """
    if lookup.select_all and (lookup.labels or lookup.fields):
        raise CommandError("setting 'all' parameter but found a non empty selector. ")
    if manifests is not None:
        if args:
            raise CommandError(
                "when paths, URLs, or stdin is provided as input, "
                "you may not specify resource arguments as well"
            )
        if lookup.typed:
            check_structs(manifests)
        return _from_manifests(call, manifests, lookup)
    args = _cross(args) if not lookup.default else list(args)
    slashes = sum("/" in arg for arg in args) if not lookup.default else len(args)
    namespace = "" if lookup.everywhere else call.namespace
    selecting = lookup.labels or lookup.fields or lookup.select_all
    if slashes:
        if slashes != len(args):
            raise CommandError(
                "there is no need to specify a resource type as a separate argument when passing "
                "arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' "
                "instead of 'kubectl get resource resource/<resource_name>'"
            )
        tuples = [_split(arg) if "/" in arg else (lookup.default, arg) for arg in args]
        if selecting:
            raise CommandError(
                "selectors and the all flag cannot be used when passing resource/name arguments"
            )
        if lookup.single_type and len({call.resource(word).plural for word, _ in tuples}) > 1:
            raise CommandError("you may only specify a single resource type")
        infos = [_info(call.resource(word), namespace, name, lookup) for word, name in tuples]
        return _named(call, infos, lookup, single=len(infos) == 1)
    if not args:
        raise CommandError(
            "at least one resource must be specified to use a selector" if selecting else MISSING
        )
    names = args[1:]
    if lookup.subresource and not names and (selecting or lookup.bulk):
        raise CommandError("subresource cannot be used when bulk resources are specified")
    words = _expand(call, args[0])
    if selecting and names:
        raise CommandError("name cannot be provided when a selector is specified")
    if names and len(words) > 1:
        raise CommandError("you must specify only one resource")
    if len(words) > 1 and lookup.single_type:
        raise CommandError("you may only specify a single resource type")
    if not names and not selecting and not lookup.bulk:
        for word in words:
            call.resource(word)
        raise CommandError("resource(s) were provided, but no name was specified")
    resources = list(dict.fromkeys(call.resource(word) for word in words))
    if names:
        infos = [_info(resources[0], namespace, name, lookup) for name in names]
        return _named(call, infos, lookup, single=len(names) == 1)
    return _listed(call, resources, namespace, lookup)


def _cross(args: Sequence[str]) -> list[str]:
    """Turn `a,b x y` into `a/x a/y b/x b/y`."""
    kinds = args[0].split(",") if args else []
    if len(args) >= 2 and len(kinds) > 1:
        return [f"{kind}/{name}" for kind in kinds for name in args[1:]]
    return list(args)


def _expand(call: Invocation, words: str) -> list[str]:
    expanded: list[str] = []
    for word in words.split(","):
        category = call.discovery.category(word) if word else []
        expanded += [one.qualified for one in category] or [word]
    return expanded


def _split(arg: str) -> tuple[str, str]:
    if arg.count("/") != 1:
        raise CommandError("arguments in resource/name form may not have more than one slash")
    word, _, name = arg.partition("/")
    if not word or not name or "," in word:
        raise CommandError("arguments in resource/name form must have a single resource and name")
    return word, name


def _info(resource: Resource, namespace: str, name: str, lookup: Lookup) -> Info:
    if not resource.namespaced:
        return Info(resource, "", name)
    if not namespace:
        raise CommandError(
            "a resource cannot be retrieved by name across all namespaces"
            if lookup.everywhere
            else "namespace may not be empty when retrieving a resource by name"
        )
    return Info(resource, namespace, name)


def _named(call: Invocation, infos: list[Info], lookup: Lookup, *, single: bool) -> Selection:
    selection = Selection(single=single)
    for info in infos:
        try:
            if lookup.fetch:
                check_name(info.name)
                info.object = fetch(call, info, lookup)
        except ApiStatusError as error:
            selection.failed(_missing_namespace(call, info, error) or error)
        except CommandError as error:
            selection.failed(error)
        else:
            selection.found(info)
    return selection


def _missing_namespace(
    call: Invocation, info: Info, error: ApiStatusError
) -> ApiStatusError | None:
    """Return that the namespace is not there, if that is why the object is not."""
    if error.code != 404 or info.namespace in ("", "default"):
        return None
    try:
        call.client.get(object_path(call.known("namespaces"), "", info.namespace))
    except ApiStatusError as cause:
        return cause if cause.code == 404 else None
    return None


def fetch(call: Invocation, info: Info, lookup: Lookup | None = None) -> Obj:
    """Return the object that *info* names, as *lookup* wants it."""
    lookup = lookup or Lookup()
    path = object_path(info.resource, info.namespace, info.name, lookup.subresource)
    found: Obj = call.client.get(path, lookup.extra, accept=lookup.accept)
    return found


def list_query(lookup: Lookup) -> list[tuple[str, str]]:
    """Return the selectors of *lookup* as query parameters."""
    query = list(lookup.extra)
    if lookup.labels:
        query.append(("labelSelector", lookup.labels))
    if lookup.fields:
        query.append(("fieldSelector", lookup.fields))
    return query


def _listed(
    call: Invocation, resources: Iterable[Resource], namespace: str, lookup: Lookup
) -> Selection:
    selection = Selection(from_list=True)
    query = list_query(lookup)
    for resource in resources:
        try:
            for page in _pages(call, resource, namespace, query, lookup):
                within = namespace if resource.namespaced else ""
                if not lookup.flatten:
                    selection.found(Info(resource, within, object=page))
                    continue
                for item in with_kinds(page):
                    metadata = item["metadata"]
                    info = Info(resource, metadata.get("namespace", ""), metadata["name"], item)
                    selection.found(info)
        except ApiStatusError as error:
            selection.failed(error)
    return selection


def _pages(
    call: Invocation, resource: Resource, namespace: str, query: Query, lookup: Lookup
) -> Iterable[Obj]:
    path = collection_path(resource, namespace)
    try:
        yield from call.client.pages(path, query, accept=lookup.accept, limit=lookup.chunk)
    except ApiStatusError as error:
        if error.code not in (400, 404):
            raise
        # the builder says what it looked for, and keeps the server's sentence behind it
        subject = quote(f"{resource.group}/{resource.version}, Resource={resource.plural}")
        what = f"Unable to list {subject}"
        if lookup.labels or lookup.fields:
            what = (
                f"Unable to find {subject} that match label selector {quote(lookup.labels)}, "
                f"field selector {quote(lookup.fields)}"
            )
        message = f"{what}: {error.message}"
        raise ApiStatusError({**error.status, "message": message}) from None


def _from_manifests(call: Invocation, manifests: Sequence[Manifest], lookup: Lookup) -> Selection:
    infos: list[Info] = []
    unknown: list[CommandError] = []
    for manifest in manifests:
        try:
            infos.append(info_of(call, manifest))
        except CommandError as error:
            if len(manifests) == 1:
                raise
            unknown.append(error)
    selection = _named(call, infos, lookup, single=_one_file(manifests))
    for problem in unknown:
        selection.failed(problem)
    return selection


def local_objects(args: Sequence[str], manifests: Sequence[Manifest] | None) -> Selection:
    """Return the objects as the files have them, for `--local`, which asks no server.

    Raises:
        CommandError: if there are no files, or arguments beside them.
    """
    if args:
        raise CommandError(_LOCAL)
    if manifests is None:
        raise CommandError(MISSING)
    selection = Selection(single=_one_file(manifests))
    for manifest in manifests:
        try:
            selection.found(_local_info(manifest))
        except CommandError as error:
            selection.failed(error)
    return selection


def _local_info(manifest: Manifest) -> Info:
    obj, metadata = _read(manifest)
    group, _, version = str(obj["apiVersion"]).rpartition("/")
    kind = str(obj["kind"])
    resource = Resource(group, version, kind.lower(), kind, kind.lower(), True)
    name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace", ""))
    return Info(resource, namespace, name, obj, manifest.source, local=True)


def check_structs(manifests: Sequence[Manifest]) -> None:
    """Refuse kinds that kubectl has no struct for.

    Raises:
        CommandError: naming them.
    """
    raise_all(
        [
            CommandError(
                f"unable to decode {quote(one.source)}: no kind {quote(str(one.object['kind']))} is "
                f"registered for version {quote(str(one.object['apiVersion']))} in scheme "
                '"pkg/scheme/scheme.go:28"'
            )
            for one in manifests
            if one.object.get("kind") and one.object.get("apiVersion") and not is_typed(one.object)
        ]
    )


def _one_file(manifests: Sequence[Manifest]) -> bool:
    """Return whether one file was named, which kubectl takes for one object, whatever is in it."""
    return len({one.source for one in manifests} - {STDIN}) == 1


def from_files(call: Invocation, manifests: Sequence[Manifest]) -> Selection:
    """Return the objects as the files have them, whatever the server has."""
    selection = Selection()
    for manifest in manifests:
        try:
            selection.found(info_of(call, manifest))
        except CommandError as error:
            selection.failed(error)
    return selection


def info_of(call: Invocation, manifest: Manifest) -> Info:
    """Return where an object of a file belongs; it gets the namespace in use if it has none.

    Raises:
        CommandError: if its kind is unknown or `-n` contradicts it.
    """
    obj, metadata = _read(manifest)
    kind, version = str(obj["kind"]), str(obj["apiVersion"])
    name, namespace = str(metadata.get("name", "")), str(metadata.get("namespace", ""))
    resource = call.discovery.of_kind(version, kind)
    if resource is None:
        raise CommandError(
            f"resource mapping not found for name: {quote(name)} namespace: {quote(namespace)} "
            f"from {quote(manifest.source)}: no matches for kind {quote(kind)} in version "
            f"{quote(version)}\nensure CRDs are installed first"
        )
    if not resource.namespaced:
        return Info(resource, "", name, obj, manifest.source)
    if call.namespace_given and namespace and namespace != call.namespace:
        raise CommandError(
            f"the namespace from the provided object {quote(namespace)} does not match the "
            f"namespace {quote(call.namespace)}. You must pass '--namespace={namespace}' to "
            "perform this operation."
        )
    if not namespace:
        namespace = call.namespace
        obj = {**obj, "metadata": {**metadata, "namespace": namespace}}
    return Info(resource, namespace, name, obj, manifest.source)


def _read(manifest: Manifest) -> tuple[Obj, Obj]:
    """Return the object of a file, and its metadata."""
    if manifest.problem:
        raise manifest.problem
    obj = manifest.object
    kind, version = obj.get("kind"), obj.get("apiVersion")
    missing = [
        f"{what} not set" for what, value in (("apiVersion", version), ("kind", kind)) if not value
    ]
    if missing:
        text = missing[0] if len(missing) == 1 else f"[{', '.join(missing)}]"
        raise CommandError(
            f"error validating {quote(manifest.source)}: error validating data: {text}; if you "
            "choose to ignore these errors, turn validation off with --validate=false"
        )
    metadata = obj.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise CommandError(
            f"unable to decode {quote(manifest.source)}: json: cannot unmarshal "
            f"{_JSON_KINDS.get(type(metadata), 'number')} into Go struct field "
            "metadataOnlyObject.metadata of type v1.ObjectMeta"
        )
    return obj, metadata
