"""The certificates of a cluster that kubeadm set up, as PEM: the same for the same run, made when asked.

Keys are Ed25519, whose signatures need no chance. This file must not know who reads them.

Source: https://kubernetes.io/docs/setup/best-practices/certificates/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from ipaddress import IPv4Address
from typing import TYPE_CHECKING, NamedTuple

from sim.kernel import Stream

if TYPE_CHECKING:
    from sim.node.machine import Machine

YEAR = timedelta(days=365)
PKI = "/etc/kubernetes/pki"
KUBELET = "/var/lib/kubelet/pki"
API_PORT, ETCD_PORT, KUBELET_PORT = 6443, 2379, 10250


class Subject(NamedTuple):
    """Who a certificate is for, and who says so."""

    name: str
    organization: str = ""
    issuer: str = "kubernetes"
    years: int = 1
    hosts: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    authority: bool = False
    client: bool = False


def subjects(machine: Machine) -> Mapping[str, Subject]:
    """Return what stands in which file of *machine*."""
    name, own = machine.name, machine.facts.internal_ip
    stamp = machine.epoch.at(_begun(machine)) // 1000
    found = {
        f"{PKI}/ca.crt": Subject("kubernetes", years=10, authority=True),
        f"{KUBELET}/kubelet.crt": Subject(
            f"{name}@{stamp}", issuer=f"{name}-ca@{stamp}", hosts=(name,)
        ),
        f"{KUBELET}/kubelet-client-current.pem": Subject(
            f"system:node:{name}", "system:nodes", client=True
        ),
    }
    if not machine.facts.control_plane:
        return found
    hosts = (name, "kubernetes", "kubernetes.default", "kubernetes.default.svc",
             f"kubernetes.default.svc.{machine.network.cluster_domain}")  # fmt: skip
    etcd = Subject(name, "", "etcd-ca", 1, ("localhost", name), ("127.0.0.1", own))
    found |= {
        f"{PKI}/apiserver.crt": Subject(
            "kube-apiserver", hosts=hosts, addresses=("10.96.0.1", own)
        ),
        f"{PKI}/apiserver-kubelet-client.crt": Subject(
            "kube-apiserver-kubelet-client", "kubeadm:cluster-admins", client=True
        ),
        f"{PKI}/apiserver-etcd-client.crt": Subject(
            "kube-apiserver-etcd-client", issuer="etcd-ca", client=True
        ),
        f"{PKI}/front-proxy-ca.crt": Subject(
            "front-proxy-ca", issuer="front-proxy-ca", years=10, authority=True
        ),
        f"{PKI}/front-proxy-client.crt": Subject(
            "front-proxy-client", issuer="front-proxy-ca", client=True
        ),
        f"{PKI}/etcd/ca.crt": Subject("etcd-ca", issuer="etcd-ca", years=10, authority=True),
        f"{PKI}/etcd/server.crt": etcd,
        f"{PKI}/etcd/peer.crt": etcd,
        f"{PKI}/etcd/healthcheck-client.crt": Subject(
            "kube-etcd-healthcheck-client", issuer="etcd-ca", client=True
        ),
    }
    return found


def pem_files(machine: Machine) -> Mapping[str, str]:
    """Return the certificate files of *machine* by path; their text is made here."""
    return {path: pem(machine, one) for path, one in subjects(machine).items()}


def served(machine: Machine, port: int) -> str | None:
    """Return the file whose certificate *machine* shows on *port*; None if it speaks no TLS there."""
    if port == KUBELET_PORT:
        return f"{KUBELET}/kubelet.crt"
    if machine.facts.control_plane:
        return {API_PORT: f"{PKI}/apiserver.crt", ETCD_PORT: f"{PKI}/etcd/server.crt"}.get(port)
    return None


def _begun(machine: Machine) -> int:
    """Return when the cluster was set up (simulated ms)."""
    return min(one.facts.booted_at for one in machine.network.machines.values())


def pem(machine: Machine, subject: Subject) -> str:
    """Return one certificate as PEM."""
    # heavy, and only wanted when somebody looks at a certificate
    from cryptography import x509  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import Encoding  # noqa: PLC0415
    from cryptography.x509.oid import ExtendedKeyUsageOID as Usage  # noqa: PLC0415
    from cryptography.x509.oid import NameOID  # noqa: PLC0415

    draw = machine.network.stream.at("certificate", subject)
    begun = machine.epoch.datetime(_begun(machine)).replace(microsecond=0)
    key, signer = (_key(machine.network.stream, one) for one in (subject.name, subject.issuer))
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, subject.name[:64])]
    if subject.organization:
        parts.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, subject.organization))
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name(parts))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.issuer[:64])]))
        .public_key(key.public_key())
        .serial_number(int(draw.hex(15), 16) + 1)
        .not_valid_before(begun)
        .not_valid_after(begun + subject.years * YEAR)
        .add_extension(x509.BasicConstraints(subject.authority, None), critical=True)
    )
    if not subject.authority:
        purpose = Usage.CLIENT_AUTH if subject.client else Usage.SERVER_AUTH
        builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    names: list[x509.GeneralName] = [x509.DNSName(one) for one in subject.hosts]
    names += [x509.IPAddress(IPv4Address(one)) for one in subject.addresses]
    if names:
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    return builder.sign(signer, None).public_bytes(Encoding.PEM).decode()


def _key(stream: Stream, owner: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (  # noqa: PLC0415
        Ed25519PrivateKey,
    )

    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(stream.at("key", owner).hex(64)))


if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
