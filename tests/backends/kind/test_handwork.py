"""What a line on a node changes, by its words."""

import pytest

from sim.backends.kind.handwork import deeds_in


@pytest.mark.parametrize(
    ("line", "deeds"),
    [
        ("sudo iptables -t nat -L KUBE-SERVICES -n | wc -l", []),
        ("iptables-save -t nat > /tmp/rules", []),
        ("sudo iptables -t nat -F", [("iptables", "iptables -t nat -F")]),
        ("iptables-save | sudo iptables-restore -n", [("iptables", "iptables-restore -n")]),
        ("sudo -n systemctl restart kubelet", [("systemctl", "restart kubelet")]),
        ("sudo -u root systemctl --now stop kubelet", [("systemctl", "--now stop kubelet")]),
        ("systemctl status kubelet; journalctl -u kubelet", []),
        ("sudo crictl ps", []),
        ("sudo crictl stop $(crictl ps -q --name kube-proxy)", [("crictl", "stop $")]),
        ("sudo conntrack -L", []),
        ("sudo conntrack -F && echo ok", [("conntrack", "-F")]),
        ("sudo sysctl net.ipv4.ip_forward", []),
        ("sudo sysctl -w net.ipv4.ip_forward=1", [("sysctl", "-w net.ipv4.ip_forward=1")]),
        ("ip route show; ip addr", []),
        ("sudo ip route del 10.0.0.0/8", [("ip", "ip route del 10.0.0.0/8")]),
        ("sudo sh -c 'kill -9 1234; ls'", [("kill", "kill -9 1234")]),
        ("A=1 timeout 5 pkill kube-proxy", [("kill", "pkill kube-proxy")]),
        ("echo 'iptables -F'", []),
        ("grep reboot /var/log/syslog", []),
        ("echo 'unclosed", []),
        ("", []),
        ("# iptables -F", []),
    ],
)
def test_deeds(line: str, deeds: list[tuple[str, str]]):
    assert deeds_in(line) == deeds
