"""`kubectl get`: asks for Tables (or objects) and lays them out, once or as they change.

The columns are the server's; it must not know any kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from sim.apimachinery.wire import Obj
from sim.client.doors import WatchStream
from sim.client.rest import ACCEPT_JSON, ACCEPT_TABLE, ApiStatusError, collection_path, with_kinds
from sim.kubectl.builder import Info, Lookup, Selection, list_query, select
from sim.kubectl.errors import Aggregate, CommandError, SilentExit, raise_all
from sim.kubectl.flags import flags
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Command, Invocation, Running
from sim.kubectl.manifests import Manifest, load_manifests, sources
from sim.kubectl.printers.customcolumns import relaxed_path
from sim.kubectl.printers.output import (
    GET_FORMATS,
    ObjectPrinter,
    OutputOptions,
    output_printer,
)
from sim.kubectl.printers.sorting import UnsortableError, sort_by
from sim.kubectl.printers.table import TableOptions, TablePrinter
from sim.kubectl.rawrequest import check_path, send_raw
from sim.kubectl.results import log_line

_SUGGEST = 'Use "kubectl api-resources" for a complete list of supported resources.'


@dataclass
class GetOptions:
    """What `get` was asked."""

    args: Sequence[str]
    files: Sequence[str]
    output: OutputOptions
    table: TableOptions
    lookup: Lookup
    sort_path: str = ""
    watch: bool = False
    watch_only: bool = False
    watch_events: bool = False
    ignore_not_found: bool = False
    server_print: bool = True
    show_kind: bool = False
    raw: str = ""

    @classmethod
    def complete(cls, call: Invocation) -> GetOptions:
        """Read flags and arguments."""
        flags = call.flags
        output = OutputOptions(
            format=flags.text("output"),
            template=flags.text("template"),
            managed_fields=flags.on("show-managed-fields"),
            allow_missing=flags.on("allow-missing-template-keys"),
            headers=not flags.on("no-headers"),
            allowed=GET_FORMATS,
        )
        table = TableOptions(
            wide=output.format == "wide",
            headers=output.headers,
            labels=flags.on("show-labels"),
            label_columns=tuple(flags.many("label-columns")),
            now_ms=call.clock(),
        )
        options = cls(
            args=call.args,
            files=sources(call),
            output=output,
            table=table,
            lookup=Lookup(
                labels=flags.text("selector"),
                fields=flags.text("field-selector"),
                everywhere=flags.on("all-namespaces"),
                chunk=flags.number("chunk-size"),
                subresource=flags.text("subresource"),
            ),
            sort_path=flags.text("sort-by"),
            watch=flags.on("watch"),
            watch_only=flags.on("watch-only"),
            watch_events=flags.on("output-watch-events"),
            ignore_not_found=flags.on("ignore-not-found"),
            server_print=flags.on("server-print"),
            show_kind=flags.on("show-kind"),
            raw=flags.text("raw"),
        )
        if options.raw:
            if call.args:
                raise CommandError("arguments may not be passed when --raw is specified")
        elif options.watch or options.watch_only:
            if options.sort_path:
                what = "--watch" if options.watch else "--watch-only"
                events = " for watch events received" if options.watch else ""
                call.err(f"warning: {what} requested, --sort-by will be ignored{events}\n")
        elif not call.args and not options.files:
            call.err(f"You must specify the type of resource to get. {_SUGGEST}\n\n")
            raise call.usage_error(
                'Required resource not specified.\nUse "kubectl explain <resource>" for a detailed '
                "description of that resource (e.g. kubectl explain pods)."
            )
        return options

    @property
    def human(self) -> bool:
        """Return whether a table is wanted."""
        form = self.output.format
        return form == "wide" or (not form and not self.output.template)

    def validate(self) -> None:
        """Refuse flags that contradict each other."""
        form = self.output.format
        if self.raw and (self.watch or self.watch_only or self.lookup.labels):
            raise CommandError(
                "--raw may not be specified with other flags that filter the server request "
                "or alter the output"
            )
        if self.raw and form:
            raise CommandError("--raw and --output are mutually exclusive")
        if self.raw:
            check_path(self.raw)
        if self.table.labels and form not in ("", "wide"):
            raise CommandError(f"--show-labels option cannot be used with {form} printer")
        if self.table.label_columns and form.startswith("custom-columns"):
            raise CommandError(f"--label-columns option cannot be used with {form} printer")
        if self.watch_events and not (self.watch or self.watch_only):
            raise CommandError(
                "--output-watch-events option can only be used with --watch or --watch-only"
            )

    def run(self, call: Invocation) -> Running | int:
        """Print what was asked for."""
        if self.raw:
            return send_raw(call, "GET")
        if self.files:
            return self._run_files(call)
        if self.watch or self.watch_only:
            return self._watching(call, None)
        return self._print(call, None)

    def _run_files(self, call: Invocation) -> Running:
        manifests = yield from load_manifests(call, self.files)
        if self.watch or self.watch_only:
            return (yield from self._watching(call, manifests))
        return self._print(call, manifests)

    def _printer(self, call: Invocation) -> ObjectPrinter:
        return output_printer(self.output, call.read_file)

    def _lookup(self) -> Lookup:
        as_table = self.human and self.server_print
        return replace(
            self.lookup,
            accept=ACCEPT_TABLE if as_table else ACCEPT_JSON,
            extra=(("includeObject", "Object"),) if as_table and self.sort_path else (),
            chunk=0 if self.sort_path else self.lookup.chunk,
            flatten=not as_table,
        )

    def _print(self, call: Invocation, manifests: Sequence[Manifest] | None) -> int:
        try:
            selection = select(call, self.args, self._lookup(), manifests)
        except CommandError as error:
            named = manifests is not None and not self.args and self.human
            raise (Aggregate([error]) if named else error) from None
        if self.ignore_not_found:
            selection.errors = [error for error in selection.errors if not _is_not_found(error)]
        if not self.human:
            return self._print_objects(call, selection)
        self._print_tables(call, selection)
        raise_all(selection.errors)
        return 0

    def _print_objects(self, call: Invocation, selection: Selection) -> int:
        if selection.single and selection.errors:
            raise_all(selection.errors)
        if not selection.infos and self.ignore_not_found:
            raise_all(selection.errors)
            return 0
        printer = self._printer(call)
        objects = [info.object for info in selection.infos]
        alone = selection.single and len(objects) == 1
        if self.sort_path and objects and not alone:
            try:
                objects = self._in_order(call, objects, lambda obj: obj)
            except CommandError as error:
                raise_all([*selection.errors, error])
        shown: Obj = (
            objects[0]
            if alone
            else {
                "apiVersion": "v1",
                "items": objects,
                "kind": "List",
                "metadata": {"resourceVersion": ""},
            }
        )
        try:
            call.out(printer.render(shown))
        except CommandError as error:
            selection.errors.append(error)
        raise_all(selection.errors)
        return 0

    def _print_tables(self, call: Invocation, selection: Selection) -> None:
        infos = selection.infos
        if self.sort_path and not self.server_print:
            held = {id(info.object): info for info in infos}
            ordered = self._in_order(call, [info.object for info in infos], lambda obj: obj)
            infos = [held[id(obj)] for obj in ordered]
        elif self.sort_path and len(infos) > 1:
            # the rows of several tables hold objects that kubectl does not look into
            path = relaxed_path(self.sort_path)
            sort_by([], path, lambda row: row)  # a path that cannot be read is told first
            raise CommandError(
                f"couldn't find any field with path {quote(path)} in the list of objects"
            )
        several = self.show_kind or len({info.resource for info in infos}) > 1
        printer: TablePrinter | None = None
        last = None
        written = ""
        # Once a table has shown namespaces, those after it do too, even of cluster-wide kinds.
        spaced = False
        for info in infos:
            spaced = spaced or (self.lookup.everywhere and info.resource.namespaced)
            if printer is None or info.resource != last:
                if printer:
                    written = self._emit(call, written, printer.flush())
                    if written and self.table.headers:
                        written = "\n"  # an empty line goes out with the next table
                printer = TablePrinter(
                    replace(
                        self.table,
                        namespace=spaced,
                        kind=info.resource.label if several else "",
                    )
                )
                last = info.resource
            try:
                table = info.object
                if self.sort_path and len(infos) == 1 and _length(table) > 1:
                    table = self._sorted(call, table)
            except CommandError as error:
                if error.bare:
                    raise
                continue  # kubectl drops a table that it cannot sort
            written = self._emit(call, written, printer.add(table))
        if printer:
            written = self._emit(call, written, printer.flush())
        if not written and not self.ignore_not_found and not selection.errors:
            cluster = any(not info.resource.namespaced for info in infos)
            if self.lookup.everywhere or cluster:
                call.err("No resources found\n")
            else:
                call.err(f"No resources found in {call.namespace} namespace.\n")

    def _emit(self, call: Invocation, written: str, text: str) -> str:
        """Write *text*, after the separator that is due; return what has been written last."""
        if not text:
            return written
        call.out("\n" + text if written == "\n" else text)
        return "x"

    def _sorted(self, call: Invocation, obj: Obj) -> Obj:
        if obj.get("kind") == "Table":
            rows = obj.get("rows") or []
            rows = self._in_order(call, rows, lambda row: row.get("object") or {})
            return {**obj, "rows": rows}
        if "items" in obj:
            return {**obj, "items": self._in_order(call, obj["items"], lambda item: item)}
        return obj

    def _in_order(
        self, call: Invocation, items: Sequence[Obj], object_of: Callable[[Obj], Obj]
    ) -> list[Obj]:
        path = relaxed_path(self.sort_path)
        try:
            return sort_by(items, path, object_of)
        except UnsortableError as error:
            tables = self.human and self.server_print
            kind, line = (
                ("[][][]reflect.Value", 375) if tables else ("*unstructured.Unstructured", 329)
            )
            text = f"Field {path} in {kind} is an unsortable type: interface, err: {error.message}"
            raise CommandError(log_line(call, "F", f"sorter.go:{line}", text), bare=True) from None

    # -- watching --------------------------------------------------------------------------------

    def _watching(self, call: Invocation, manifests: Sequence[Manifest] | None) -> Running:
        lookup = replace(self._lookup(), flatten=False, single_type=True, extra=())
        if not self.args and any(one.listed for one in manifests or ()):
            raise CommandError(f"{_ONE_WATCHED}, but a list of resources is found")
        selection = select(call, self.args, lookup, manifests)
        if self.ignore_not_found and any(map(_is_not_found, selection.errors)):
            return 0
        infos = selection.require()
        show = _Shown(self, call, infos[0])
        version = "0"
        if selection.from_list:
            version = str(infos[-1].object.get("metadata", {}).get("resourceVersion", "0"))
        if not self.watch_only:
            for info in infos:
                show.add(info.object, "ADDED")
        if not selection.from_list and len(infos) > 1:
            if manifests is None or len(self.files) > 1:
                raise CommandError(
                    "you may only watch a single resource or type of resource at a time"
                )
            raise CommandError(f"{_ONE_WATCHED} - {len(infos)} resources were found")
        query = [*list_query(lookup), ("resourceVersion", version)]
        if not selection.from_list:
            query.append(("fieldSelector", f"metadata.name={infos[0].name}"))
        path = collection_path(infos[0].resource, infos[0].namespace)
        stream = call.client.watch(path, query, accept=lookup.accept)
        try:
            yield from self._follow(call, stream, show, skip=not selection.from_list)
        finally:
            stream.close()
        return 0

    def _follow(
        self, call: Invocation, stream: WatchStream, show: _Shown, *, skip: bool
    ) -> Running:
        while True:
            for event in stream.poll():
                if event.type == "ERROR":
                    message = event.object.get("message", "")
                    call.err(f"error: {message}\n" if message else "")
                    raise SilentExit(1)
                if event.type != "BOOKMARK" and not skip:
                    show.add(event.object, event.type)
                skip = False  # a watch of one object begins with the object itself
            if stream.closed:
                return 0
            yield from call.proc.stdout.drain()
            yield stream.wait()


_ONE_WATCHED = "watch is only supported on individual resources and resource collections"


class _Shown:
    """Prints the objects of a watch as they come."""

    def __init__(self, options: GetOptions, call: Invocation, info: Info) -> None:
        self._call = call
        self._events = options.watch_events
        self._table: TablePrinter | None = None
        if options.human:
            everywhere = options.lookup.everywhere and info.resource.namespaced
            self._table = TablePrinter(replace(options.table, namespace=everywhere))
        else:
            self._printer = options._printer(call)

    def add(self, obj: Obj, event: str) -> None:
        if self._table:
            text = self._table.add(obj, event=f"{event:<8}" if self._events else "")
            self._call.out(text + self._table.flush())
            return
        for item in with_kinds(obj) if "items" in obj else [obj]:
            shown = {"object": item, "type": event} if self._events else item
            self._call.out(self._printer.render(shown))


def _length(obj: Obj) -> int:
    return len(obj.get("rows") or obj.get("items") or [])


def _is_not_found(error: Exception) -> bool:
    return isinstance(error, ApiStatusError) and error.code == 404


COMMAND = Command(
    "get",
    "Display one or many resources",
    GetOptions,
    flags(
        "all-namespaces,A bool",
        "allow-missing-template-keys bool=true",
        "chunk-size int=500",
        "field-selector",
        "filename,f list",
        "ignore-not-found bool",
        "kustomize,k",
        "label-columns,L list",
        "no-headers bool",
        "output,o",
        "output-watch-events bool",
        "raw",
        "recursive,R bool",
        "selector,l",
        "server-print bool=true",
        "show-kind bool",
        "show-labels bool",
        "show-managed-fields bool",
        "sort-by",
        "subresource",
        "template",
        "watch,w bool",
        "watch-only bool",
    ),
    usage="(TYPE[.VERSION][.GROUP] [NAME | -l label] | TYPE[.VERSION][.GROUP]/NAME ...)",
)
