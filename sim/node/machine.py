"""One node of the cluster: its hardware facts, journal, containers, kernel rules and units.

Everything that programs on the node print is read from here. This file must not know how anything is printed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sim.bash import FileSystem, Shell
from sim.bash.files import FileProblem
from sim.kernel import Environment, Epoch, Stream
from sim.node.daemons import Daemons
from sim.node.disk import Disk
from sim.node.flows import FlowTable
from sim.node.journal import Journal
from sim.node.kernelog import link_name
from sim.node.links import Links
from sim.node.loadavg import load
from sim.node.logins import Logins
from sim.node.netfilter.counting import Tally
from sim.node.netfilter.ruleset import Ruleset
from sim.node.packages import kernel_build
from sim.node.processes import memory, processes, seen_from
from sim.node.records import MachineFacts, Memory, Process, Unit
from sim.node.sysctl import KernelSettings
from sim.node.units import units

if TYPE_CHECKING:
    from sim.apiserver import ApiServer
    from sim.bash import Proc, Program
    from sim.node.container import Container
    from sim.node.kubelet import Kubelet
    from sim.node.kubeproxy.proxy import KubeProxy
    from sim.node.network import Network

FIRST_PID = 1_500
"""Of the processes that start once the machine is up."""
JOURNAL_KEEPS_MS = 36 * 3_600_000
"""How far back the journal reaches: older files were rotated away (SystemMaxUse)."""


__all__ = ["Machine", "MachineFacts", "Memory", "Process", "Unit"]


class Machine:
    """One node's state."""

    def __init__(
        self,
        facts: MachineFacts,
        *,
        env: Environment,
        epoch: Epoch,
        stream: Stream,
        api: ApiServer,
        network: Network,
        usual_flows: int = 16_000,
    ) -> None:
        """Boot the machine; `kubelet` and `proxy` are attached by whoever builds them."""
        self.facts = facts
        self.name = facts.name
        self.env = env
        self.epoch = epoch
        self.stream = stream.at("machine", facts.name)
        self._shells = 0
        self.api = api
        self.network = network
        self.journal = Journal(max(facts.booted_at, -JOURNAL_KEEPS_MS))
        self.flows = FlowTable(usual_flows)
        self.links = Links(self)
        self.tally = Tally(self)
        self._ruleset: Ruleset | None = None
        self.disk = Disk(self)
        self.settings = KernelSettings(self)
        self.daemons = Daemons(self)
        self.logins = Logins(self)
        self.ring_cleared: int | None = None
        """When somebody cleared the kernel's ring buffer; the journal keeps what it has."""
        self.called: frozenset[str] = frozenset()
        """ClusterIPs that pods of the node are known to call; set by the backend."""
        self.programs: Mapping[str, Program] = {}
        """What can be run in a shell on the node; set by the backend."""
        self.files: FileSystem | None = None
        """The machine's files that programs may read; set by the backend."""
        self._kubelet: Kubelet | None = None
        self._proxy: KubeProxy | None = None
        self._pid_now = self._next_pid = self.stream.at("pid").integer(180_000, 240_000)
        self._sandboxes: dict[str, str] = {}
        self._cold_since: int | None = None
        self._loaded: dict[str, int] = {}
        self._seen: tuple[tuple[int, int, int, str], dict[int, Process]] = ((-1, 0, 0, ""), {})
        self.disturbed_at = facts.booted_at
        """When the disk was last kept busy by somebody: a container start, a dropped page cache."""
        self.changed: Callable[[str, str], None] | None = None
        """Called with (what, detail) when a hand on the machine changes something; set by the backend."""
        network.attach(self)

    @property
    def kubelet(self) -> Kubelet:
        """The node's kubelet."""
        assert self._kubelet is not None, "the machine has no kubelet yet"
        return self._kubelet

    @kubelet.setter
    def kubelet(self, kubelet: Kubelet) -> None:
        self._kubelet = kubelet

    @property
    def proxy(self) -> KubeProxy:
        """The node's kube-proxy: kernel rules and process."""
        assert self._proxy is not None, "the machine has no kube-proxy yet"
        return self._proxy

    @proxy.setter
    def proxy(self, proxy: KubeProxy) -> None:
        self._proxy = proxy

    @property
    def containers(self) -> dict[str, Container]:
        """Every container on the node by id, running or exited and not yet removed."""
        return self.kubelet.containers()

    @property
    def machine(self) -> Machine:
        """The machine itself, so that a source of connections may be a machine or a container."""
        return self

    @property
    def id(self) -> str:
        """What tells it from containers: its name."""
        return self.name

    @property
    def ip(self) -> str:
        """Its address as a source of connections."""
        return self.facts.internal_ip

    @property
    def internal_ip(self) -> str:
        """The node's own address."""
        return self.facts.internal_ip

    @property
    def boot_id(self) -> str:
        """What names this boot, /proc/sys/kernel/random/boot_id."""
        node = self.api.get("nodes", "", self.name) or {}
        info = (node.get("status") or {}).get("nodeInfo") or {}
        return str(info.get("bootID") or self.stream.at("boot-id").uuid())

    @property
    def machine_id(self) -> str:
        """What names this installation, /etc/machine-id."""
        node = self.api.get("nodes", "", self.name) or {}
        info = (node.get("status") or {}).get("nodeInfo") or {}
        return str(info.get("machineID") or self.stream.at("machine-id").hex(32))

    @property
    def build(self) -> str:
        """The kernel's build, `uname -v`."""
        version, date = kernel_build(self.facts.kernel_version)
        return f"#1 SMP PREEMPT_DYNAMIC Debian {version} ({date})"

    @property
    def cores(self) -> int:
        """How many processors it has."""
        return max(1, self.facts.cpu_millicores // 1000)

    def ruleset(self) -> Ruleset:
        """Return the kernel's netfilter tables as they are now."""
        state = self.proxy.state
        if self._ruleset is None or self._ruleset.state is not state:
            self._ruleset = Ruleset(state, self.network.pod_cidr)
        return self._ruleset

    def veth(self, pod_uid: str) -> str:
        """Return the name of the machine's end of a pod's network."""
        return link_name(self, pod_uid)

    @property
    def shared_bytes(self) -> int:
        """Memory in tmpfs and shared segments."""
        return self.stream.at("shmem").integer(6, 20) << 20

    def new_pid(self, room: int = 1) -> int:
        """Return the pid of a process that starts now, and keep *room* for its children."""
        step = 1 + self.stream.at("pid-step", self._next_pid).integer(0, 2)
        pid = max(self._next_pid + step, self.pid_at(self.env.now))
        self._next_pid = pid + room - 1
        return pid

    def pid_at(self, at: int) -> int:
        """Return about which pid a process got at *at*: numbers grow evenly from the boot on."""
        booted = self.facts.booted_at
        share = (at - booted) / max(1, -booted)
        return FIRST_PID + int((self._pid_now - FIRST_PID) * max(0.0, share))

    def pod_since(self, container: Container) -> int:
        """Return since when the sandbox of *container*'s pod runs: older than a restarted container."""
        pod = self.kubelet.pods.get((container.namespace, container.pod_name))
        stamp = ((pod or {}).get("status") or {}).get("startTime")
        first = container.started_at or container.created_at
        return first if stamp is None else min(first, self.epoch.since(stamp))

    def sandbox_id(self, pod_uid: str) -> str:
        """Return the runtime's id of a pod's sandbox."""
        known = self._sandboxes.get(pod_uid)
        if known is None:
            known = self._sandboxes[pod_uid] = self.stream.at("sandbox", pod_uid).hex(64)
        return known

    def page_cache_warm(self, binary: str) -> bool:
        """Return True if the pages of *binary* are cached and charged to nobody who matters."""
        return self._cold_since is None or self._loaded.get(binary, -1) > self._cold_since

    def load_binary(self, binary: str) -> None:
        """Note that *binary* was read in full: from now its pages are in the cache."""
        self._loaded[binary] = self.env.now

    def drop_caches(self) -> None:
        """Do what `echo 3 > /proc/sys/vm/drop_caches` does."""
        self._cold_since = self.disturbed_at = self.env.now
        self._loaded.clear()

    def container_started(self) -> None:
        """Note a container start: it reads from the disk and so disturbs whoever else does."""
        self.disturbed_at = self.env.now

    def written(self, path: str) -> str | None:
        """Return the text of one of the machine's files; None if it has no such file."""
        try:
            return None if self.files is None else self.files.read(path)
        except FileProblem:
            return None

    def processes(self) -> list[Process]:
        """Return every process, by pid."""
        return processes(self)

    def seen(self, container: Container | None) -> dict[int, Process]:
        """Return the processes that a place sees, by pid; asked for often while /proc is listed."""
        running = sum(one.state == "running" for one in self.containers.values())
        place = "" if container is None else container.id
        shells = sum(1 + len(one.inner) for one in self.logins.alive())
        key = (self.env.now, running, self.kubelet.pid, f"{place} {shells}")
        if self._seen[0] != key:
            self._seen = (key, {p.pid: p for p in seen_from(self, container)})
        return self._seen[1]

    def units(self) -> list[Unit]:
        """Return every systemd unit, by name."""
        return units(self)

    def unit(self, name: str) -> Unit | None:
        """Return one unit; a name without suffix is a service."""
        full = name if "." in name else f"{name}.service"
        return next((unit for unit in self.units() if unit.name == full), None)

    def memory(self) -> Memory:
        """Return what `free` would print now."""
        return memory(self)

    def load(self) -> tuple[float, float, float]:
        """Return the load averages over 1, 5 and 15 minutes."""
        return load(self)

    def control(self, verb: str, unit: str) -> bool:
        """Start, stop or restart a unit (full name); return False if the model has no way to.

        `kube-proxy.service` only follows a container: to stop it is to stop that container, and
        the kubelet starts it again.
        """
        full = unit if "." in unit else f"{unit}.service"
        ends = verb in ("stop", "restart", "kill", "try-restart", "reload-or-restart")
        if full == "kube-proxy.service":
            return self.proxy.restart() if ends else False
        if full == "kubelet.service":
            if ends:
                self.kubelet.stop()
            if verb != "stop":
                self.kubelet.start()
            return True
        heal = self.proxy.heal
        if (
            heal is not None
            and full == f"{heal.plan.unit}.service"
            and verb in ("start", "restart")
        ):
            heal.run_now()
            return True
        if heal is not None and full == f"{heal.plan.unit}.timer":
            heal.enabled = verb != "stop"
            return True
        return False

    def shell_started(self, proc: Proc) -> int:
        """Return the pid of a shell that *proc* begins inside another."""
        user = proc.environ.get("USER", "root")
        return self.logins.enter(proc.environ.get("XDG_SESSION_ID", ""), user, proc.argv)

    def shell_ended(self, pid: int) -> None:
        """Take note that such a shell is over."""
        self.logins.leave(pid)

    def shell(self, environ: dict[str, str] | None = None, **options: Any) -> Shell:
        """Return a shell on this machine."""
        self._shells += 1
        return Shell(
            self.env,
            self.programs,
            environ=environ or {"HOME": "/root", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
            files=self.files or FileSystem(),
            host=self,
            seed=self.stream.at("RANDOM", self._shells).bits(),
            **{"pid": self.pid_at(self.env.now) + 12, **options},
        )
