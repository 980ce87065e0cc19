"""`kubectl auth reconcile`: roles and bindings get at least what the files say.

What is there already stays unless it is told to go (component-helpers auth/rbac/reconciliation). It
must not know who may do what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.apimachinery.wire import Obj
from sim.client.rest import ApiStatusError, collection_path, object_path
from sim.kubectl.builder import Info, info_of
from sim.kubectl.errors import CommandError, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import Manifest, load_manifests, sources
from sim.kubectl.policyrules import listed, uncovered
from sim.kubectl.results import (
    DRY_RUN_FLAG,
    NONE,
    OUTPUT_FLAGS,
    SERVER,
    Results,
    check_output,
    dry_run_of,
)
from sim.kubectl.structorder import typed
from sim.kubectl.threeway import is_known

_GROUP = "rbac.authorization.k8s.io"
_OLD = (f"{_GROUP}/v1beta1", f"{_GROUP}/v1alpha1")
_ROLES = ("Role", "ClusterRole")
_KINDS = (*_ROLES, "RoleBinding", "ClusterRoleBinding")
_OPTED_OUT = "rbac.authorization.kubernetes.io/autoupdate"
CREATE, UPDATE, RECREATE = "create", "update", "recreate"


@dataclass
class _Outcome:
    """What an object should become, and how it differs from what is there."""

    obj: Obj
    operation: str = ""
    missing: list[Obj] = field(default_factory=list)
    extra: list[Obj] = field(default_factory=list)
    protected: bool = False


@dataclass
class ReconcileOptions:
    """What `auth reconcile` was asked."""

    files: Sequence[str]
    fewer_rules: bool
    fewer_subjects: bool
    dry_run: str

    @classmethod
    def complete(cls, call: Invocation) -> ReconcileOptions:
        """Read flags."""
        files = sources(call)
        if not files:
            raise CommandError("must specify one of -f and -k")
        if call.args:
            raise CommandError("no arguments are allowed")
        dry_run = dry_run_of(call)
        if dry_run == SERVER:
            raise CommandError("--dry-run=server for command reconcile is not supported yet")
        check_output(call)
        read = call.flags
        return cls(
            files, read.on("remove-extra-permissions"), read.on("remove-extra-subjects"), dry_run
        )

    def validate(self) -> None:
        """Nothing contradicts anything."""

    def run(self, call: Invocation) -> Running:
        """Reconcile what the files hold of RBAC; other objects are passed over."""
        manifests = yield from load_manifests(call, self.files)
        errors: list[Exception] = []
        for manifest in manifests:
            try:
                self._reconcile(call, manifest)
            except (CommandError, ApiStatusError) as error:
                errors.append(error)
        raise_all(errors)
        return 0

    def _reconcile(self, call: Invocation, manifest: Manifest) -> None:
        info = _info(call, manifest)
        if info is None:
            return
        outcome = self._outcome(call, info)
        if outcome.operation and not outcome.protected and self.dry_run == NONE:
            outcome.obj = _write(call, info, outcome)
        Results(call, self.dry_run).say("reconciled", typed(outcome.obj))
        self._tell(call, info, outcome)

    def _outcome(self, call: Invocation, info: Info) -> _Outcome:
        wanted = info.object
        nowhere = info.resource.namespaced and not info.namespace
        key = "rules" if info.resource.kind in _ROLES else "subjects"
        try:
            held = None if nowhere else _nil_rules(call.client.get(info.path))
        except ApiStatusError as error:
            if error.code != 404:
                raise
            held = None
        if held is None:
            return _Outcome(wanted, CREATE, list(wanted.get(key) or []))
        annotations = held["metadata"].get("annotations") or {}
        outcome = _Outcome(held, protected=annotations.get(_OPTED_OUT) == "false")
        if key == "subjects" and wanted.get("roleRef") != held.get("roleRef"):
            outcome.obj, outcome.operation = wanted, RECREATE
            return outcome
        outcome.obj = _marked(held, wanted)
        if outcome.obj != held:
            outcome.operation = UPDATE
        if key == "rules":
            self._compare_rules(outcome, wanted, held)
        else:
            self._compare_subjects(outcome, wanted, held)
        return outcome

    def _compare_rules(self, outcome: _Outcome, wanted: Obj, held: Obj) -> None:
        ours, theirs = wanted.get("rules") or [], held.get("rules") or []
        if not wanted.get("aggregationRule") or not held.get("aggregationRule"):
            outcome.extra = uncovered(ours, theirs)
        outcome.missing = uncovered(theirs, ours)
        _settle(outcome, "rules", ours, theirs, exactly=self.fewer_rules)
        self._compare_aggregation(outcome, wanted, held)

    def _compare_aggregation(self, outcome: _Outcome, wanted: Obj, held: Obj) -> None:
        selectors = "clusterRoleSelectors"
        ours = (wanted.get("aggregationRule") or {}).get(selectors) or []
        theirs = (held.get("aggregationRule") or {}).get(selectors) or []
        missing = [one for one in ours if one not in theirs]
        extra = [one for one in theirs if one not in ours]
        if not wanted.get("aggregationRule"):
            if not held.get("aggregationRule"):
                return
            rest = {key: value for key, value in outcome.obj.items() if key != "aggregationRule"}
            outcome.obj = rest
        elif self.fewer_rules and (missing or extra):
            outcome.obj = {**outcome.obj, "aggregationRule": wanted["aggregationRule"]}
        elif missing and not self.fewer_rules:
            outcome.obj = {**outcome.obj, "aggregationRule": {selectors: [*theirs, *missing]}}
        else:
            return
        outcome.operation = UPDATE

    def _compare_subjects(self, outcome: _Outcome, wanted: Obj, held: Obj) -> None:
        ours, theirs = wanted.get("subjects") or [], held.get("subjects") or []
        outcome.missing = [one for one in ours if one not in theirs]
        outcome.extra = [one for one in theirs if one not in ours]
        _settle(outcome, "subjects", ours, theirs, exactly=self.fewer_subjects)

    def _tell(self, call: Invocation, info: Info, outcome: _Outcome) -> None:
        if not outcome.operation:
            return
        caveat = f", but object opted out ({_OPTED_OUT}: false)" if outcome.protected else ""
        call.err(f"\treconciliation required {outcome.operation}{caveat}\n")
        roles = info.resource.kind in _ROLES
        what, text = ("rules", _rule_text) if roles else ("subjects", _subject_text)
        parts = [(f"missing {what} added", outcome.missing)]
        if self.fewer_rules if roles else self.fewer_subjects:
            parts.append((f"extra {what} removed", outcome.extra))
        for title, found in parts:
            if found:
                call.err(f"\t{title}:\n" + "".join(f"\t\t{text(one)}\n" for one in found))


def _info(call: Invocation, manifest: Manifest) -> Info | None:
    """Return the role or binding of *manifest*, in no other namespace than it says; else None."""
    obj = manifest.object
    kind, version = str(obj.get("kind", "")), str(obj.get("apiVersion", ""))
    if version in _OLD and kind in _KINDS:
        raise CommandError(
            f"only {_GROUP}/v1 is supported: not *{version.rpartition('/')[2]}.{kind}"
        )
    if kind and version and not manifest.problem:
        resource = call.discovery.of_kind(version, kind)
        if resource is None or not is_known(resource.group):
            raise CommandError(
                f"unable to decode {quote(manifest.source)}: no kind {quote(kind)} is registered "
                f'for version {quote(version)} in scheme "pkg/scheme/scheme.go:28"'
            )
    info = info_of(call, manifest)
    if info.resource.group != _GROUP:
        return None
    namespace = str((obj.get("metadata") or {}).get("namespace", ""))
    return Info(info.resource, namespace, info.name, obj, info.source)


def _nil_rules(obj: Obj) -> Obj:
    """Return an object of the server's; a role without rules has none rather than an empty list."""
    return obj if obj.get("kind") not in _ROLES else {**obj, "rules": obj.get("rules") or None}


def _settle(
    outcome: _Outcome, key: str, ours: list[Obj], theirs: list[Obj], *, exactly: bool
) -> None:
    """Put the list that comes of both into the object, if it changes."""
    if exactly and (outcome.missing or outcome.extra):
        outcome.obj = {**outcome.obj, key: ours}
    elif outcome.missing and not exactly:
        outcome.obj = {**outcome.obj, key: [*theirs, *outcome.missing]}
    else:
        return
    outcome.operation = UPDATE


def _marked(held: Obj, wanted: Obj) -> Obj:
    """Return *held* with the labels and annotations of *wanted* that it has not."""
    metadata = held["metadata"]
    for key in ("annotations", "labels"):
        ours = (wanted["metadata"].get(key)) or {}
        theirs = metadata.get(key) or {}
        if merged := {**ours, **theirs}:
            metadata = {**metadata, key: merged}
    return {**held, "metadata": metadata}


def _write(call: Invocation, info: Info, outcome: _Outcome) -> Obj:
    query = [("fieldManager", "kubectl")]
    if outcome.operation == UPDATE:
        return _nil_rules(call.client.replace(info.path, outcome.obj, query))
    if outcome.operation == RECREATE:
        call.client.delete(info.path)
    if info.resource.namespaced:
        _ensure_namespace(call, info.namespace)
    path = collection_path(info.resource, info.namespace)
    return _nil_rules(call.client.create(path, outcome.obj, query))


def _ensure_namespace(call: Invocation, name: str) -> None:
    """Make the namespace, if it is not there and that may be done."""
    if not name:
        raise CommandError("resource name may not be empty")
    resource = call.known("namespaces")
    try:
        call.client.get(object_path(resource, "", name))
    except ApiStatusError as error:
        if error.code not in (403, 404):
            raise
    else:
        return
    made: Obj = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    try:
        call.client.create(collection_path(resource), made)
    except ApiStatusError as error:
        if error.code not in (403, 409):
            raise


def _rule_text(rule: Obj) -> str:
    return (
        f"{{Verbs:{listed(rule.get('verbs'))} APIGroups:{listed(rule.get('apiGroups'))} "
        f"Resources:{listed(rule.get('resources'))} "
        f"ResourceNames:{listed(rule.get('resourceNames'))} "
        f"NonResourceURLs:{listed(rule.get('nonResourceURLs'))}}}"
    )


def _subject_text(subject: Obj) -> str:
    parts = (
        ("Kind", "kind"),
        ("APIGroup", "apiGroup"),
        ("Name", "name"),
        ("Namespace", "namespace"),
    )
    return "{" + " ".join(f"{label}:{subject.get(key, '')}" for label, key in parts) + "}"


COMMAND = Command(
    "reconcile",
    "Reconciles rules for RBAC role, role binding, cluster role, and cluster role binding objects",
    ReconcileOptions,
    flags(
        "filename,f list",
        "kustomize,k",
        "recursive,R bool",
        "remove-extra-permissions bool",
        "remove-extra-subjects bool",
    )
    + OUTPUT_FLAGS
    + DRY_RUN_FLAG,
    usage="-f FILENAME",
)
