"""The system's own files of a node: /etc, the kubelet's settings, logs of the system.

Texts follow from the machine's facts. This file must not know which program reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sim.node.machine import Machine

Makers = dict[str, Callable[[], str]]
KUBELET_CONFIG = "/var/lib/kubelet/config.yaml"
WRITABLE = (KUBELET_CONFIG, "/etc/sysctl.conf", "/etc/sysctl.d/", "/etc/motd")
"""Files of the system that may be changed: the model reads them, or nobody does."""
_PASSWD = (
    ("root", 0, 0, "root", "/root", "/bin/bash"),
    ("daemon", 1, 1, "daemon", "/usr/sbin", "/usr/sbin/nologin"),
    ("bin", 2, 2, "bin", "/bin", "/usr/sbin/nologin"),
    ("sys", 3, 3, "sys", "/dev", "/usr/sbin/nologin"),
    ("sync", 4, 65534, "sync", "/bin", "/bin/sync"),
    ("man", 6, 12, "man", "/var/cache/man", "/usr/sbin/nologin"),
    ("mail", 8, 8, "mail", "/var/mail", "/usr/sbin/nologin"),
    ("www-data", 33, 33, "www-data", "/var/www", "/usr/sbin/nologin"),
    ("nobody", 65534, 65534, "nobody", "/nonexistent", "/usr/sbin/nologin"),
    ("_apt", 42, 65534, "", "/nonexistent", "/usr/sbin/nologin"),
    ("messagebus", 101, 105, "", "/nonexistent", "/usr/sbin/nologin"),
    ("_chrony", 105, 112, "Chrony daemon,,,", "/var/lib/chrony", "/usr/sbin/nologin"),
    ("sshd", 106, 65534, "", "/run/sshd", "/usr/sbin/nologin"),
    ("oncall", 1000, 1000, "On call,,,", "/home/oncall", "/bin/bash"),
    ("ansible", 1001, 1001, "", "/home/ansible", "/bin/bash"),
)
_GROUPS = (
    ("root", 0, ""), ("daemon", 1, ""), ("bin", 2, ""), ("sys", 3, ""), ("adm", 4, "oncall"),
    ("tty", 5, ""), ("disk", 6, ""), ("mail", 8, ""), ("man", 12, ""), ("sudo", 27, "oncall,ansible"),
    ("www-data", 33, ""), ("systemd-journal", 101, ""), ("messagebus", 105, ""), ("_chrony", 112, ""),
    ("oncall", 1000, ""), ("ansible", 1001, ""), ("nogroup", 65534, ""),
)  # fmt: skip
_CONTAINERD = """version = 3
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = -999

[grpc]
  address = "/run/containerd/containerd.sock"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "registry.k8s.io/pause:3.10"

[plugins."io.containerd.cri.v1.runtime"]
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/opt/cni/bin"]
    conf_dir = "/etc/cni/net.d"
  [plugins."io.containerd.cri.v1.runtime".containerd]
    default_runtime_name = "runc"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
        SystemdCgroup = true
"""
_SSHD = """# This is the sshd server system-wide configuration file.
Include /etc/ssh/sshd_config.d/*.conf
KbdInteractiveAuthentication no
PasswordAuthentication no
PermitRootLogin no
UsePAM yes
X11Forwarding no
PrintMotd no
AcceptEnv LANG LC_*
Subsystem\tsftp\t/usr/lib/openssh/sftp-server
"""
_CRONTAB = """# /etc/crontab: system-wide crontab
SHELL=/bin/sh
PATH=/usr/local/sbin:/usr/local/bin:/sbin:/bin:/usr/sbin:/usr/bin

# m h dom mon dow user\tcommand
17 *\t* * *\troot\tcd / && run-parts --report /etc/cron.hourly
25 6\t* * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
47 6\t* * 7\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.weekly; }
52 6\t1 * *\troot\ttest -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.monthly; }
"""
_LOGROTATE = """# rotate log files weekly
weekly
rotate 4
create
dateext
include /etc/logrotate.d
"""


def system_files(machine: Machine) -> Makers:
    """Return the files of the system by path."""
    facts = machine.facts
    name, _, version = facts.os_image.partition(" GNU/Linux ")
    number = version.split(" ")[0]
    code = version.partition("(")[2].rstrip(")")
    ident = name.lower() or "linux"
    release = (
        f'PRETTY_NAME="{facts.os_image}"\nNAME="{name} GNU/Linux"\nVERSION_ID="{number}"\n'
        f'VERSION="{version}"\nVERSION_CODENAME={code}\nID={ident}\n'
        f'HOME_URL="https://www.{ident}.org/"\nSUPPORT_URL="https://www.{ident}.org/support"\n'
        f'BUG_REPORT_URL="https://bugs.{ident}.org/"\n'
    )
    dns = facts.internal_ip.rpartition(".")[0] + ".2"
    return {
        "/etc/apt/sources.list": lambda: (
            f"deb http://deb.debian.org/debian {code} main\n"
            f"deb http://deb.debian.org/debian-security {code}-security main\n"
        ),
        "/etc/chrony/chrony.conf": lambda: (
            f"server {dns} iburst\ndriftfile /var/lib/chrony/chrony.drift\nmakestep 1 3\nrtcsync\n"
        ),
        "/etc/cni/net.d/10-bridge.conflist": lambda: _cni(machine),
        "/etc/containerd/config.toml": lambda: _CONTAINERD,
        "/etc/crictl.yaml": lambda: (
            "runtime-endpoint: unix:///run/containerd/containerd.sock\n"
            "image-endpoint: unix:///run/containerd/containerd.sock\ntimeout: 2\n"
        ),
        "/etc/crontab": lambda: _CRONTAB,
        "/etc/debian_version": lambda: f"{number}.12\n",
        "/etc/fstab": lambda: (
            "# <file system> <mount point> <type> <options> <dump> <pass>\n"
            f"UUID={machine.stream.at('fs').uuid()} / ext4 rw,discard,errors=remount-ro 0 1\n"
        ),
        "/etc/group": lambda: "".join(f"{g}:x:{n}:{m}\n" for g, n, m in _GROUPS),
        "/etc/hostname": lambda: f"{machine.name}\n",
        "/etc/hosts": lambda: (
            f"127.0.0.1\tlocalhost\n{machine.internal_ip}\t{machine.name}\n"
            "::1\tlocalhost ip6-localhost ip6-loopback\n"
        ),
        "/etc/kubernetes/kubelet.conf": lambda: _kubeconfig(machine),
        "/etc/logrotate.conf": lambda: _LOGROTATE,
        "/etc/logrotate.d/apt": lambda: (
            "/var/log/apt/history.log {\n  rotate 12\n  monthly\n  compress\n  missingok\n  notifempty\n}\n"
        ),
        "/etc/logrotate.d/rsyslog": lambda: (
            "/var/log/syslog\n{\n\trotate 4\n\tweekly\n\tmissingok\n\tnotifempty\n\tcompress\n"
            "\tdelaycompress\n\tsharedscripts\n}\n"
        ),
        "/etc/machine-id": lambda: f"{machine.machine_id}\n",
        "/etc/modules-load.d/k8s.conf": lambda: "overlay\nbr_netfilter\n",
        "/etc/motd": lambda: "",
        "/etc/nsswitch.conf": lambda: (
            "passwd:         files\ngroup:          files\nhosts:          files dns\n"
        ),
        "/etc/os-release": lambda: release,
        "/etc/passwd": lambda: "".join(
            f"{u}:x:{n}:{g}:{t}:{h}:{s}\n" for u, n, g, t, h, s in _PASSWD
        ),
        "/etc/resolv.conf": lambda: f"nameserver {dns}\n",
        "/etc/ssh/sshd_config": lambda: _SSHD,
        "/etc/sudoers.d/90-oncall": lambda: "oncall ALL=(ALL) NOPASSWD: ALL\n",
        "/etc/sysctl.d/99-kubernetes.conf": lambda: (
            "net.bridge.bridge-nf-call-iptables = 1\nnet.bridge.bridge-nf-call-ip6tables = 1\n"
            "net.ipv4.ip_forward = 1\nfs.inotify.max_user_instances = 8192\n"
            "fs.inotify.max_user_watches = 524288\n"
        ),
        "/etc/systemd/journald.conf": lambda: "[Journal]\nStorage=persistent\nSystemMaxUse=2G\n",
        "/etc/timezone": lambda: "Etc/UTC\n",
        KUBELET_CONFIG: lambda: kubelet_config(machine),
        "/var/lib/kubelet/kubeadm-flags.env": lambda: (
            'KUBELET_KUBEADM_ARGS="--pod-infra-container-image=registry.k8s.io/pause:3.10"\n'
        ),
        "/var/lib/kubelet/cpu_manager_state": lambda: (
            '{"policyName":"none","defaultCpuSet":"","checksum":1353318690}'
        ),
    }


def kubelet_config(machine: Machine) -> str:
    """Return the kubelet's settings as the node image brings them."""
    pressure = machine.kubelet.pressure
    limits = "".join(f'  {one.signal}: "{one.percent}%"\n' for one in sorted(pressure.defaults))
    return (
        "apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n"
        "authentication:\n  anonymous:\n    enabled: false\n  webhook:\n    cacheTTL: 0s\n"
        "    enabled: true\n  x509:\n    clientCAFile: /etc/kubernetes/pki/ca.crt\n"
        "authorization:\n  mode: Webhook\ncgroupDriver: systemd\nclusterDNS:\n- 169.254.20.10\n"
        f"clusterDomain: {machine.network.cluster_domain}\ncontainerLogMaxFiles: 5\n"
        "containerLogMaxSize: 10Mi\ncontainerRuntimeEndpoint: unix:///run/containerd/containerd.sock\n"
        f"evictionHard:\n{limits}  memory.available: 100Mi\n  nodefs.inodesFree: 5%\n"
        "evictionPressureTransitionPeriod: 5m0s\nfailSwapOn: true\nhealthzBindAddress: 127.0.0.1\n"
        "healthzPort: 10248\nimageGCHighThresholdPercent: 85\nimageGCLowThresholdPercent: 80\n"
        "maxPods: 110\nnodeStatusReportFrequency: 5m0s\nnodeStatusUpdateFrequency: 10s\n"
        "protectKernelDefaults: true\nresolvConf: /etc/resolv.conf\nrotateCertificates: true\n"
        "shutdownGracePeriod: 0s\nstaticPodPath: /etc/kubernetes/manifests\n"
    )


def _kubeconfig(machine: Machine) -> str:
    cluster = machine.network.cluster_domain
    return (
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority: /etc/kubernetes/pki/ca.crt\n"
        f"    server: https://api.{cluster}:6443\n  name: default-cluster\ncontexts:\n- context:\n"
        "    cluster: default-cluster\n    namespace: default\n    user: default-auth\n"
        "  name: default-context\ncurrent-context: default-context\nkind: Config\npreferences: {}\n"
        "users:\n- name: default-auth\n  user:\n"
        "    client-certificate: /var/lib/kubelet/pki/kubelet-client-current.pem\n"
        "    client-key: /var/lib/kubelet/pki/kubelet-client-current.pem\n"
    )


def _cni(machine: Machine) -> str:
    return (
        '{\n  "cniVersion": "1.0.0",\n  "name": "pods",\n  "plugins": [\n    {\n      "type": "bridge",\n'
        '      "bridge": "cni0",\n      "isGateway": true,\n      "ipMasq": false,\n'
        '      "promiscMode": true,\n      "ipam": {\n        "type": "host-local",\n'
        f'        "ranges": [[{{"subnet": "{machine.facts.pod_cidr}"}}]],\n'
        '        "routes": [{"dst": "0.0.0.0/0"}]\n      }\n    },\n'
        '    {"type": "portmap", "capabilities": {"portMappings": true}}\n  ]\n}\n'
    )
