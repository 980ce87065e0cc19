"""The smaller parts of generated command lines: kinds, names, selectors and the languages of `-o`."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

Words = Sequence[str]

KINDS = {
    "pods": ("pods", "po", "pod", "Pod", "PODS", "pods.v1.", "pods.v1"),
    "deployments": (
        "deployments", "deploy", "deployment", "deployments.apps", "deployment.v1.apps", "Deployment",
    ),
    "services": ("svc", "services", "service"),
    "nodes": ("nodes", "no", "node"),
    "configmaps": ("cm", "configmaps", "configmap"),
    "secrets": ("secrets", "secret"),
    "replicasets": ("rs", "replicasets", "replicasets.apps"),
    "statefulsets": ("sts", "statefulset", "statefulsets.v1.apps"),
    "daemonsets": ("ds", "daemonsets", "daemonset"),
    "jobs": ("jobs", "job", "jobs.batch", "job.v1.batch"),
    "cronjobs": ("cj", "cronjobs", "cronjob"),
    "events": ("events", "ev", "event", "events.events.k8s.io", "events.v1.events.k8s.io"),
    "namespaces": ("ns", "namespaces", "namespace"),
    "endpoints": ("ep", "endpoints"),
    "endpointslices": ("endpointslices", "endpointslices.discovery.k8s.io"),
    "persistentvolumeclaims": ("pvc", "persistentvolumeclaims"),
    "persistentvolumes": ("pv", "persistentvolumes"),
    "storageclasses": ("sc", "storageclasses"),
    "horizontalpodautoscalers": ("hpa", "horizontalpodautoscalers.v1.autoscaling", "hpa.v2.autoscaling"),
    "poddisruptionbudgets": ("pdb", "poddisruptionbudgets"),
    "ingresses": ("ing", "ingress", "ingresses.networking.k8s.io"),
    "networkpolicies": ("netpol", "networkpolicies"),
    "serviceaccounts": ("sa", "serviceaccounts"),
    "roles": ("roles", "role"),
    "rolebindings": ("rolebindings", "rolebinding"),
    "clusterroles": ("clusterroles", "clusterrole"),
    "clusterrolebindings": ("clusterrolebindings",),
    "resourcequotas": ("quota", "resourcequotas"),
    "limitranges": ("limits", "limitranges"),
    "priorityclasses": ("pc", "priorityclasses"),
    "leases": ("leases", "leases.coordination.k8s.io"),
    "controllerrevisions": ("controllerrevisions",),
    "customresourcedefinitions": ("crd", "crds", "customresourcedefinitions"),
    "apiservices": ("apiservices",),
    "componentstatuses": ("cs", "componentstatuses"),
    "podmetrics": ("pods.metrics.k8s.io", "nodes.metrics.k8s.io"),
}  # fmt: skip
"""Spellings of what the cluster knows."""
NAMES = {
    "pods": ("client", "two", "crashy", "big", "full", "on-nine", "db-0"),
    "deployments": ("web",),
    "services": ("web", "door", "nobody", "balanced", "kubernetes"),
    "nodes": ("sandbox-worker-1", "sandbox-worker-2", "sandbox-control-plane", "node-9"),
    "configmaps": ("settings", "kube-root-ca.crt"),
    "secrets": ("keys",),
    "statefulsets": ("db", "full"),
    "daemonsets": ("agent", "shipper"),
    "jobs": ("import",),
    "cronjobs": ("nightly",),
    "namespaces": ("shop", "kube-system", "default"),
    "endpoints": ("web",),
    "persistentvolumeclaims": ("data",),
    "horizontalpodautoscalers": ("web",),
    "poddisruptionbudgets": ("web", "full"),
    "ingresses": ("web",),
    "networkpolicies": ("db",),
    "serviceaccounts": ("robot", "default"),
    "roles": ("reader",),
    "rolebindings": ("robot-reads",),
    "clusterroles": ("view", "cluster-admin"),
    "resourcequotas": ("quota", "limits"),
    "limitranges": ("limits",),
    "priorityclasses": ("system-node-critical",),
    "controllerrevisions": ("shipper-1",),
    "customresourcedefinitions": ("widgets.example.com",),
}
ODD_KINDS = (
    "unicorns",
    "pod.apps",
    "deploy.v9.apps",
    "po,",
    ",po",
    "pods.v2",
    "Pods/",
    "",
    "-",
    "a/b/c",
)
ODD_NAMES = ("nope", "Bad_Name", "a/b", "..", "", "x.y", "client ", "é", "*")

common_kinds = st.sampled_from(
    (
        "pods",
        "pods",
        "pods",
        "deployments",
        "services",
        "nodes",
        "configmaps",
        "events",
        "replicasets",
    )
)
plurals = common_kinds | st.sampled_from(sorted(KINDS))


def spelled(plural: str) -> st.SearchStrategy[str]:
    """Return the spellings of a kind."""
    return st.sampled_from(KINDS[plural])


def named(plural: str) -> st.SearchStrategy[str]:
    """Return names of a kind: most are there, some are not, a few are odd."""
    known = NAMES.get(plural, ("nope",))
    return st.sampled_from((*known, *known, *known, "nope", *ODD_NAMES[:2])) | st.sampled_from(
        known
    )


types = st.one_of(
    plurals.flatmap(spelled),
    plurals.flatmap(spelled),
    plurals.flatmap(spelled),
    st.lists(plurals.flatmap(spelled), min_size=2, max_size=3).map(",".join),
    st.sampled_from(("all", "all", "api-extensions", *ODD_KINDS)),
)


@st.composite
def some_objects(draw: st.DrawFn) -> list[str]:
    """Return arguments that name objects, in one of the ways there are."""
    plural = draw(plurals)
    how = draw(st.integers(0, 9))
    if how < 4:
        return [draw(spelled(plural)), draw(named(plural))]
    if how < 6:
        return [f"{draw(spelled(plural))}/{draw(named(plural))}"]
    if how == 6:
        names = draw(st.lists(named(plural), min_size=2, max_size=3))
        return [draw(spelled(plural)), *names]
    if how == 7:
        other = draw(plurals)
        return [
            f"{draw(spelled(plural))}/{draw(named(plural))}",
            f"{draw(spelled(other))}/{draw(named(other))}",
        ]
    if how == 8:
        return [draw(types), draw(named(plural))]
    return [draw(types), draw(st.sampled_from(ODD_NAMES))]


any_objects = some_objects() | types.map(lambda word: [word])

label_selectors = st.one_of(
    st.lists(
        st.sampled_from((
            "app=web", "app==web", "app!=web", "tier=front", "tier", "!tier", "app in (web,db)",
            "app notin (web)", "tier in (front)", "kubernetes.io/hostname", "run=x", "app=", "x>5",
            "k8s-app=kube-dns",
        )),
        min_size=1,
        max_size=2,
    ).map(",".join),
    st.sampled_from((
        "app in web", "app=a=b", "a b", "app in (", "=", ",", "app,,tier", "!", "app!", "app in ()",
        "-a=b", "a/b/c=d", "app=web,", "é=a", "app=" + "x" * 64, "app notin", "a=b c", "(", "x>a", "in",
        "app in (a b)", "App = web", "app=-",
    )),
)  # fmt: skip
field_selectors = st.lists(
    st.sampled_from((
        "metadata.name=client", "metadata.name!=client", "metadata.namespace=shop", "status.phase=Running",
        "status.phase!=Running", "spec.nodeName=sandbox-worker-1", "type=Warning", "spec.unschedulable=true",
        "involvedObject.name=crashy", "involvedObject.kind=Pod", "reason=BackOff", "spec.foo=1", "a", "=",
        "a=b=c", "metadata.name==client", "metadata.name=", "status.successful=1", "type=Opaque", "",
    )),
    min_size=1,
    max_size=2,
).map(",".join)  # fmt: skip

# -- JSONPath ----------------------------------------------------------------------------------------

_FIELDS = (
    "metadata", "name", "namespace", "labels", "spec", "status", "items", "containers", "image", "phase",
    "conditions", "type", "app", "nodeName", "nope", "kind", "apiVersion", "replicas", "env", "data",
    "ports", "containerPort", "annotations", "ownerReferences", "capacity", "creationTimestamp",
    "message", "restartCount", "containerStatuses", "uid", "readyReplicas", "ready",
)  # fmt: skip
_PLACES = (
    "items[*].metadata.name", "items[0].metadata", "items[*].spec.containers[*].image", "metadata.labels",
    "items[*].status.conditions[*].type", "items[*].metadata.labels.app", "items[*].spec.nodeName",
    "items[*].status.containerStatuses[*].restartCount", "status.conditions", "spec.replicas",
    "metadata.name", "items", "items[*].status.capacity.cpu", "items[*].spec.ports[*].port", "kind",
    "items[*].data", "metadata.annotations", "metadata.creationTimestamp", "spec.containers[0].name",
    "items[1:3].metadata.name", "items[-1:].metadata.name", "items[-1].metadata.name", "items[99]",
)  # fmt: skip
_steps = st.one_of(
    st.sampled_from(_FIELDS).map(lambda name: f".{name}"),
    st.sampled_from(_FIELDS).map(lambda name: f".{name}"),
    st.sampled_from((
        "[*]", "[0]", "[1]", "[-1]", "[99]", "[0:2]", "[-1:]", "[:1]", "[::2]", "[0:9:3]", "[0,1]", "['name']",
        "['name','namespace']", '["labels"]', "[*]", "..name", "..image", ".*", "[]", "[a]", "[1:0]",
        "[0:1:0]", "['kubernetes.io/hostname']", ".kubernetes\\.io/hostname", "[ 0 ]", "[*].*", "[::-1]",
    )),
)  # fmt: skip
_filters = st.builds(
    lambda left, op, right: f"[?(@{left}{op}{right})]",
    st.sampled_from((".type", ".name", ".metadata.name", ".status.phase", ".nope", "", ".spec.replicas", ".x.y",
                     ".restartCount", ".metadata.labels.app", ".ready")),
    st.sampled_from(("==", "==", "!=", "<", ">", "<=", ">=", " == ", "", "=", "=~", " in ")),
    st.sampled_from(('"Ready"', "'Running'", '"web"', "1", "0", "true", "client", "", "1.5", '"a b"', "@.name",
                     "$.kind", '"', "-1", "null")),
)  # fmt: skip
_odd_paths = st.sampled_from((
    "{", "}", "{}", "{.}", "{@}", "{$}", "{.items[*}", "{.a", "{range}", "{range .items[*]}{.metadata.name}",
    "{end}", "{.items[*].metadata.name", "a{.kind}b", "{'x'}", '{"\\n"}', "{.kind}{'\\t'}{.kind}",
    "{1}", "{1.5}", "{true}", "{.items[?(@.a==]}", "{.items[?(@.a)]}", "{.items[?()]}", "{-}", "{.a|.b}",
    "{range .items[*]}{range .spec.containers[*]}{.name}{' '}{end}{'\\n'}{end}", "{.items[*]['metadata']}",
    "{range .items[*]}{@.metadata.name}{end}", "{.kind} {.apiVersion}", "{.a b}", "{ .kind }", "x",
    "{.items[0].metadata.labels}", "{range .items}{.metadata.name}{end}", "{.metadata.name}{", "",
    "{\"a", "{'a", "{.items[*].status.conditions[?(@.type==\"Ready\")].status}", "{.items[(@.length-1)]}",
    "{range .items[*]}{.metadata.name}{\"\\t\"}{.status.phase}{\"\\n\"}{end}", "{.items[*].metadata.name}\\n",
    "{.metadata.annotations.a\\.b}", "kind", ".kind", "{kind}", "{.items[*].kind}", "{[0]}", "{['kind']}",
    "{..containers[*].image}", "{.items[*].spec['nodeName','containers']}", "{.items[0,1].metadata.name}",
))  # fmt: skip


@st.composite
def _paths(draw: st.DrawFn) -> str:
    if draw(st.booleans()):
        base = "." + draw(st.sampled_from(_PLACES))
    else:
        base = "".join(draw(st.lists(_steps, min_size=1, max_size=4)))
    if draw(st.integers(0, 3)) == 0:
        base += draw(_filters)
    if draw(st.integers(0, 3)) == 0:
        base += draw(_steps)
    return base


_RANGES = (".items[*]", ".items", ".spec.containers[*]", "..metadata", ".nope")


@st.composite
def jsonpaths(draw: st.DrawFn) -> str:
    """Return a JSONPath template, well-formed or not."""
    how = draw(st.integers(0, 9))
    if how < 5:
        return f"{{{draw(_paths())}}}"
    if how == 5:
        text = draw(st.sampled_from(('{"\\n"}', " ", "{' '}", "-", '{"\\t"}')))
        return f"{{{draw(_paths())}}}{text}{{{draw(_paths())}}}"
    if how == 6:
        inner = f"{{{draw(_paths())}}}" + draw(st.sampled_from(('{"\\n"}', "", ",")))
        over = draw(st.sampled_from(_RANGES))
        return f"{{range {over}}}{inner}{{end}}"
    return draw(_odd_paths)


# -- Go templates ------------------------------------------------------------------------------------

_values = st.sampled_from((
    ".kind", ".metadata.name", ".metadata.labels", ".metadata.labels.app", ".spec", ".nope", ".nope.nope", ".",
    "$", "$.kind", ".items", ".spec.replicas", "1", "1.5", '"x"', "`raw`", "true", "nil", "'c'", "-3", ".status",
    "(index .metadata.labels \"app\")", "(len .metadata.name)", ".data", "0x10", "1e3", "$x", ".metadata.name.x",
    ".metadata.creationTimestamp", ".spec.containers",
))  # fmt: skip
_calls = st.one_of(
    st.builds(lambda name, a: f"{name} {a}", st.sampled_from((
        "len", "print", "println", "html", "js", "urlquery", "not", "base64decode", "printf", "index", "slice",
    )), _values),
    st.builds(lambda name, a, b: f"{name} {a} {b}", st.sampled_from((
        "eq", "ne", "lt", "le", "gt", "ge", "and", "or", "index", "printf \"%v-%v\"", "printf \"%s\"",
        "printf \"%d|%5.1f|%q|%T\"", "printf \"%-8s|\"", "print", "exists", "slice", "call", "nofunc",
    )), _values, _values),
)  # fmt: skip
_pipes = st.one_of(
    _values,
    _calls,
    st.builds(lambda a, b: f"{a} | {b}", _values | _calls, st.sampled_from((
        "len", "print", "printf \"%q\"", "printf \"%v\"", "html", "js", "urlquery", "base64decode", "not", "index",
    ))),
)  # fmt: skip
_odd_templates = st.sampled_from((
    "{{", "{{.", "{{}}", "{{end}}", "{{range .items}}", "{{if .kind}}a{{else}}b{{end}}", "{{/* c */}}x", "}}",
    "{{range .items}}{{.metadata.name}} {{end}}", "{{with .metadata}}{{.name}}{{else}}none{{end}}", "",
    "{{range $i, $x := .items}}{{$i}}={{$x.metadata.name}}\n{{end}}", "{{$a := .kind}}{{$a}}", "{{.kind}",
    "{{range .items}}{{if eq .kind \"Pod\"}}{{.metadata.name}}{{else if .x}}y{{end}}{{else}}none{{end}}",
    "{{- .kind -}} x", "{{define \"a\"}}A{{end}}{{template \"a\"}}", "{{template \"nope\"}}", "{{.items.x}}",
    "{{range .items}}{{range .spec.containers}}{{.image}},{{end}}{{break}}{{end}}", "{{block \"b\" .}}{{.kind}}{{end}}",
    "{{range $k, $v := .metadata.labels}}{{$k}}:{{$v}};{{end}}", "{{nofunc}}", "{{.kind.x}}", "{{1 2}}", "x{{.kind}}",
    "{{range .items}}{{continue}}{{end}}", "{{else}}", "{{if}}{{end}}", "{{.metadata.name | printf \"%s-%s\" \"a\"}}",
    "{{range 3}}{{.}}{{end}}", "{{(index .items 0).metadata.name}}", "{{index .items 99}}", "{{$x}}", "{{\"a", "{{'a}}",
    "{{len .items}}", "{{printf \"%05d %x %t %c\" 42 255 true 65}}", "{{.spec.replicas | printf \"%d\"}}",
    "{{range $x := .items}}{{$x.kind}}{{end}}", "{{$a := 1}}{{$a = 2}}{{$a}}", "{{break}}", "{{.metadata.labels}}",
))  # fmt: skip
templates = st.one_of(
    _pipes.map(lambda text: f"{{{{{text}}}}}"),
    _pipes.map(lambda text: f"{{{{range .items}}}}{{{{{text}}}}} {{{{end}}}}"),
    st.builds(lambda a, b: f"{{{{if {a}}}}}yes{{{{else}}}}{{{{{b}}}}}{{{{end}}}}", _pipes, _pipes),
    _odd_templates,
)

# -- columns -----------------------------------------------------------------------------------------

_column_paths = st.one_of(
    st.sampled_from((
        ".metadata.name", "metadata.name", "{.metadata.name}", "{metadata.name}", ".spec.nodeName", ".nope",
        ".spec.containers[*].image", ".status.phase", ".metadata.labels", ".metadata.labels.app", ".kind",
        ".metadata.creationTimestamp", ".status.conditions[?(@.type==\"Ready\")].status", ".spec", "..name",
        ".spec.containers[0].resources", ".items", "{.a", ".a}", "[0]", "a b", ".status.containerStatuses[*].ready",
        ".metadata.annotations.note", ".data", ".spec.ports[*].port", ".metadata.name.x", "{.metadata.name}x",
    )),
    _paths(),
)  # fmt: skip
columns = st.one_of(
    st.lists(
        st.builds(
            lambda name, path: f"{name}:{path}",
            st.sampled_from(("NAME", "A", "b c", "", "Node", "IMAGES", "é")),
            _column_paths,
        ),
        min_size=1,
        max_size=3,
    ).map(",".join),
    st.sampled_from(("", "NAME", "A:.x,B", ":", "A:B:C", "NAME:.metadata.name,", ",")),
)
sort_paths = st.one_of(
    st.sampled_from((
        ".metadata.name", "metadata.name", "{.metadata.name}", ".metadata.creationTimestamp", ".spec.nodeName",
        ".status.phase", ".nope", ".metadata.labels.app", ".spec.replicas", ".lastTimestamp", ".metadata",
        ".status.containerStatuses[0].restartCount", ".spec.containers[*].name", "{.items[*].metadata.name}",
        ".status.capacity.cpu", ".metadata.labels", "{", "", "name", ".type", ".spec.ports[0].port",
    )),
    _paths(),
)  # fmt: skip


@st.composite
def outputs(draw: st.DrawFn) -> list[str]:
    """Return `-o` in one of its spellings, with something that it takes or not."""
    how = draw(st.integers(0, 15))
    if how < 4:
        form = draw(st.sampled_from(("json", "yaml", "name", "wide", "yaml", "kyaml")))
    elif how < 7:
        form = (
            draw(st.sampled_from(("jsonpath", "jsonpath", "jsonpath-as-json")))
            + "="
            + draw(jsonpaths())
        )
    elif how < 9:
        form = draw(st.sampled_from(("go-template", "template"))) + "=" + draw(templates)
    elif how < 12:
        form = f"custom-columns={draw(columns)}"
    elif how == 12:
        form = draw(st.sampled_from((
            "custom-columns-file=columns.txt", "custom-columns-file=nope", "go-template-file=names.tmpl",
            "jsonpath-file=names.jsonpath", "jsonpath-file=nope", "templatefile=names.tmpl",
        )))  # fmt: skip
    elif how == 13:
        form = draw(st.sampled_from((
            "bad", "", "jsonpath", "go-template", "custom-columns", "json=x", "yaml=", "JSON", "name=x", "wide=1",
            "jsonpath-file", "plaintext",
        )))  # fmt: skip
    elif how == 14:
        language = draw(st.sampled_from(("go-template", "jsonpath", "")))
        text = draw(templates if language == "go-template" else jsonpaths())
        return [*(["-o", language] if language else []), f"--template={text}"]
    else:
        form = "wide"
    return draw(st.sampled_from((["-o", form], ["-o", form], [f"--output={form}"], [f"-o={form}"])))
