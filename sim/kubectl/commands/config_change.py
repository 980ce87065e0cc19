"""`kubectl config use-context`, `rename-context` and `delete-cluster|context|user`.

Each changes names in the kubeconfig and nothing within the entries.
"""

from __future__ import annotations

from sim.kubectl.commands.config_view import PlainOptions, require_context
from sim.kubectl.errors import ArgumentsError, CommandError
from sim.kubectl.goformat import quote
from sim.kubectl.invocation import Invocation


class UseContextOptions(PlainOptions):
    """`config use-context`."""

    def run(self, call: Invocation) -> int:
        """Choose the context that is used from now on."""
        if len(self.args) != 1:
            raise ArgumentsError(f"Unexpected args: [{' '.join(self.args)}]")
        settings = call.kubeconfig.read().copy()
        if not self.args[0]:
            raise CommandError("empty context names are not allowed")
        require_context(settings, self.args[0])
        settings.current = self.args[0]
        call.kubeconfig.change(settings)
        call.out(f"Switched to context {quote(self.args[0])}.\n")
        return 0


class RenameContextOptions(PlainOptions):
    """`config rename-context`."""

    def run(self, call: Invocation) -> int:
        """Give a context another name."""
        if len(self.args) != 2:
            raise ArgumentsError(f"Unexpected args: [{' '.join(self.args)}]")
        old, new = self.args
        if not new:
            raise CommandError("You must specify a new non-empty context name")
        settings, file = call.kubeconfig.read().copy(), call.kubeconfig.default
        if old not in settings.contexts:
            raise CommandError(f"cannot rename the context {quote(old)}, it's not in {file}")
        if new in settings.contexts:
            raise CommandError(
                f"cannot rename the context {quote(old)}, the context {quote(new)} already exists "
                f"in {file}"
            )
        settings.contexts[new] = settings.contexts.pop(old)
        if settings.current == old:
            settings.current = new
        call.kubeconfig.change(settings)
        call.out(f"Context {quote(old)} renamed to {quote(new)}.\n")
        return 0


class DeleteClusterOptions(PlainOptions):
    """`config delete-cluster`."""

    section, what = "clusters", "cluster"

    def run(self, call: Invocation) -> int:
        """Take an entry out of the file."""
        if len(self.args) != 1:
            if self.section != "users":
                raise ArgumentsError("")
            raise CommandError(f"exactly one NAME is required, got {len(self.args)}")
        settings, file = call.kubeconfig.read().copy(), call.kubeconfig.default
        name = self.args[0]
        entries = settings.section(self.section)
        if name not in entries:
            raise CommandError(f"cannot delete {self.what} {name}, not in {file}")
        if self.what == "context" and settings.current == name:
            call.err(
                'warning: this removed your active context, use "kubectl config use-context" to '
                "select a different one\n"
            )
        del entries[name]
        call.kubeconfig.change(settings)
        call.out(f"deleted {self.what} {name} from {file}\n")
        return 0


class DeleteContextOptions(DeleteClusterOptions):
    """`config delete-context`."""

    section, what = "contexts", "context"


class DeleteUserOptions(DeleteClusterOptions):
    """`config delete-user`."""

    section, what = "users", "user"

    def run(self, call: Invocation) -> int:
        """Take a user out of the file."""
        if len(self.args) != 1:
            raise call.usage_error("user to delete is required")
        return super().run(call)
