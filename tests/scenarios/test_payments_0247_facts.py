# ruff: noqa: E501 - outputs are shown as they are printed
"""Each fact counts when an output shows it, and not when it shows something near it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest

from sim.backends.simulated import SimulatedBackend
from sim.evidence import EvidenceLog
from sim.kernel import Environment
from sim.scenario import Catalogue, Look, shows

BAD, GOOD = "node-worker-3", "node-worker-1"

WIDE = """\
NAME                              READY   STATUS             RESTARTS        AGE     IP            NODE            NOMINATED NODE   READINESS GATES
payment-service-7f8b9c4d5-a8j3n   1/1     Running            0               6m12s   10.244.1.37   node-worker-1   <none>           <none>
payment-service-7f8b9c4d5-m6t2w   1/1     Running            0               5m58s   10.244.2.37   node-worker-2   <none>           <none>
payment-service-7f8b9c4d5-q4r7p   0/1     CrashLoopBackOff   5 (2m10s ago)   5m43s   10.244.3.23   node-worker-3   <none>           <none>
payment-service-7f8b9c4d5-x2k9m   0/1     CrashLoopBackOff   5 (2m11s ago)   6m29s   10.244.3.22   node-worker-3   <none>           <none>
"""
PLAIN = "\n".join(line[:88].rstrip() for line in WIDE.splitlines()) + "\n"
COLUMNS = """\
NAME                              STATUS    NODE            RESTARTS
payment-service-7f8b9c4d5-a8j3n   Running   node-worker-1   0
payment-service-7f8b9c4d5-m6t2w   Running   node-worker-2   0
payment-service-7f8b9c4d5-q4r7p   Running   node-worker-3   5
payment-service-7f8b9c4d5-x2k9m   Running   node-worker-3   5
"""
MOVED = """\
NAME                              READY   STATUS    RESTARTS   AGE     IP            NODE            NOMINATED NODE   READINESS GATES
payment-service-7f8b9c4d5-a8j3n   1/1     Running   0          9m12s   10.244.1.37   node-worker-1   <none>           <none>
payment-service-7f8b9c4d5-m6t2w   1/1     Running   0          8m58s   10.244.2.37   node-worker-2   <none>           <none>
payment-service-7f8b9c4d5-d8mhr   1/1     Running   0          43s     10.244.1.38   node-worker-1   <none>           <none>
payment-service-7f8b9c4d5-qzjgn   1/1     Running   0          43s     10.244.2.38   node-worker-2   <none>           <none>
"""
EVENTS = """\
LAST SEEN   TYPE      REASON      OBJECT                                MESSAGE
31s         Warning   BackOff     pod/payment-service-7f8b9c4d5-x2k9m   Back-off restarting failed container payment-service in pod payment-service-7f8b9c4d5-x2k9m_payments(136b)
4m          Normal    Killing     pod/postgres-75467f86d4-jrj6t         Stopping container postgres
"""
CRASH = (
    "2026-11-20T02:45:36.120Z INFO: payment-service 3.18.2 starting\n"
    "2026-11-20T02:45:37.020Z FATAL: database connection refused: ECONNREFUSED 10.96.45.12:5432\n"
)
SERVES = (
    "2026-11-20T02:48:01.120Z INFO: POST /v1/payments 201 39ms req=0a1b2c3d\n"
    "2026-11-20T02:48:01.620Z WARN: POST /v1/payments 503 2ms req=0a1b2c3e overloaded\n"
)
RATE = """\
Error rate (5xx share), last scrape 02:48:13 UTC
    02:39 02:40 02:41 02:42 02:43 02:44 02:45 02:46 02:47 02:48
all 0.10% 0.11% 0.10% 0.10% 0.70% 12.9% 12.4% 12.1% 11.8% 12.2%
"""
FINE = RATE.replace("12.2%", "0.10%")
ALERTS = """\
STATE     SINCE (UTC)       LASTED  SEVERITY  ALERT
firing    Fri 20 Nov 02:46  57s     page      payment-service 5xx rate > 5% for 3 minutes
                                              More than 5 % of payment requests have failed for
resolved  Fri 09 Oct 00:40  6m      page      payment-service 5xx rate > 5% for 3 minutes: INC-311
"""
SPARSE = """\
Chain KUBE-SERVICES (2 references)
target     prot opt source               destination
"""
WHOLE = """\
Chain KUBE-SERVICES (2 references)
target     prot opt source               destination
KUBE-SVC-ABCDEFGHIJKLMNOP  6    --  0.0.0.0/0            10.96.1.17           /* cart/cart-api:http cluster IP */ tcp dpt:80
KUBE-SVC-BBCDEFGHIJKLMNOP  6    --  0.0.0.0/0            10.96.1.18           /* cart/cart-api:http cluster IP */ tcp dpt:80
KUBE-SVC-CBCDEFGHIJKLMNOP  6    --  0.0.0.0/0            10.96.1.19           /* cart/cart-api:http cluster IP */ tcp dpt:80
KUBE-SVC-DBCDEFGHIJKLMNOP  6    --  0.0.0.0/0            10.96.1.20           /* cart/cart-api:http cluster IP */ tcp dpt:80
KUBE-SVC-EBCDEFGHIJKLMNOP  6    --  0.0.0.0/0            10.96.1.21           /* cart/cart-api:http cluster IP */ tcp dpt:80
KUBE-SVC-FBCDEFGHIJKLMNOP  6    --  0.0.0.0/0            10.96.1.22           /* cart/cart-api:http cluster IP */ tcp dpt:80
"""
CONDITIONS = """\
Conditions:
  Type             Status  LastHeartbeatTime                 LastTransitionTime                Reason                       Message
  ----             ------  -----------------                 ------------------                ------                       -------
  MemoryPressure   False   Fri, 20 Nov 2026 02:47:31 +0000   Fri, 20 Nov 2026 00:01:00 +0000   KubeletHasSufficientMemory   kubelet has sufficient memory available
  Ready            True    Fri, 20 Nov 2026 02:47:31 +0000   Fri, 20 Nov 2026 00:01:00 +0000   KubeletReady                 kubelet is posting ready status
"""
REFUSED = "nc: connect to 10.96.45.12 port 5432 (tcp) failed: Connection refused\n"
TIMED_OUT = "nc: connect to 10.96.45.12 port 5432 (tcp) timed out: Operation now in progress\n"
REACHED = "Connection to 10.96.45.12 5432 port [tcp/postgresql] succeeded!\n"
KILLED = (
    "Nov 20 02:47:21 node-worker-3 kernel: Memory cgroup out of memory: Killed process 202321 "
    "(kube-proxy) total-vm:1572864kB, anon-rss:118432kB\n"
)
STATUS = """\
* kube-proxy.service - Kubernetes kube-proxy (follows the DaemonSet's container)
     Loaded: loaded (/etc/systemd/system/kube-proxy.service; enabled; preset: enabled)
     Active: active (running) since Fri 2026-11-20 02:50:02 UTC; 6min ago
"""
OLD_STATUS = STATUS.replace("02:50:02 UTC; 6min ago", "00:02:02 UTC; 3 weeks 2 days ago")
SYSTEM_PODS = """\
NAME               READY   STATUS    RESTARTS       AGE
kube-proxy-aaaaa   1/1     Running   0              22d
kube-proxy-th7fd   1/1     Running   6 (4m2s ago)   22d
"""
RESOURCES = '{"limits":{"memory":"128Mi"},"requests":{"cpu":"100m","memory":"128Mi"}}\n'
CHANGES = """\
WHEN (UTC)        ID        KIND      WHAT (BY)
Fri 20 Nov 02:41  chg-2061  deploy    payment-service 3.18.2 (release-train)
Thu 12 Nov 21:40  chg-2049  platform  Onboarded 40 services of four new teams (Tomasz Zielinski)
"""
DIFF = """\
chg-2061  payment-service 3.18.2
-  const RECEIPT = "Thanks for your order";
+  const RECEIPT = "Thank you for your order";
1 file changed, 2 insertions(+), 2 deletions(-); no change to dependencies or settings
"""
HISTORY = """\
deployment.apps/payment-service
REVISION  CHANGE-CAUSE
46        2026-11-17 01:40Z release 3.18.1: retry webhook once
47        2026-11-20 02:41Z release 3.18.2: wording of the receipt mail
"""
SERVICES = "NAMESPACE  NAME  TYPE  CLUSTER-IP  EXTERNAL-IP  PORT(S)  AGE\n" + "".join(
    f"loyalty   loyalty-{name}   ClusterIP   10.96.7.{index}   <none>   80/TCP   7d5h\n"
    for index, name in enumerate(["api", "worker", "events", "mailer", "rules", "jobs", "x", "y"])
)
ENDPOINTS = "NAME       ENDPOINTS          AGE\npostgres   10.244.4.135:5432   44d\n"
NO_ENDPOINTS = "NAME       ENDPOINTS   AGE\npostgres   <none>      44d\n"
BY_NODE = """\
Ready pods by node, last scrape 02:48:13 UTC
              02:46 02:47 02:48
node-worker-1     1     1     1
node-worker-2     1     1     1
node-worker-3     0     0     0
"""
ERRORS_BY_NODE = """\
Error rate (5xx share) by node, last scrape 02:47:00 UTC
              02:42 02:43 02:44 02:45 02:46 02:47
node-worker-1 0.31% 0.10% 11.8% 13.2% 13.0% 11.9%
node-worker-2 0.39% 0.10% 11.8% 13.2% 13.0% 11.9%
node-worker-3 0.30%  1.3% 71.6%     -     -     -
"""
REQUESTS_BY_NODE = """\
Requests by node, last scrape 02:47:00 UTC
              02:44 02:45 02:46 02:47
node-worker-1 234/s 243/s 242/s 239/s
node-worker-3  28/s 0.0/s 0.0/s 0.0/s
"""
GATEWAY = """\
2026-11-20T02:47:10.808Z WARN: POST /v1/payments 503 108ms req=38bbf4d4 agent=shop overloaded
2026-11-20T02:47:11.132Z INFO: POST /v1/refunds 201 31ms req=a6d23019 agent=shop
"""
FAILURES = """\
Failed requests per minute by client, last scrape 02:52:15 UTC
           02:43 02:44 02:45
shop        1621  2907  3078
card-check     0     0     0
"""
CONNECTIONS = """\
Failed outgoing connections by node, last scrape 02:48:13 UTC
              02:46 02:47 02:48
node-worker-1 0.0/s 0.0/s 0.0/s
node-worker-3 0.4/s 0.5/s 0.4/s
"""
STARTS = """\
Events:
  Type    Reason    Age    From        Message
  ----    ------    ----   ----        -------
  Normal  Starting  5m12s              kube-proxy
  Normal  Starting  2m3s               kube-proxy
"""
PAGE = """\
page        More than 5 % of payment requests have failed for three minutes.
error rate  11.8 %
users lost  16,780 requests so far
"""


def terminal(text: str, command: str = "", *nodes: str) -> Look:
    return Look(text=text, command=command, nodes=nodes)


def panel(text: str, name: str, by: str = "") -> Look:
    return Look(text=text, on="panel", panel=name, by=by)


YES: list[tuple[str, Look]] = [
    ("alert-not-flapping", panel(ALERTS, "alerts")),
    ("alert-not-flapping", terminal(ALERTS, "incident alerts")),
    ("users-failing", panel(RATE, "errors")),
    ("users-failing", terminal(PAGE, "incident status")),
    ("users-failing", panel(ERRORS_BY_NODE, "errors", "node")),
    ("users-failing", terminal(ERRORS_BY_NODE, "incident dashboard errors --by node")),
    ("users-failing", panel(FAILURES, "failures", "client")),
    ("bad-node-serves-nothing", panel(ERRORS_BY_NODE, "errors", "node")),
    ("bad-node-serves-nothing", terminal(ERRORS_BY_NODE, "incident dashboard errors --by node")),
    ("bad-node-serves-nothing", panel(REQUESTS_BY_NODE, "requests", "node")),
    ("users-failing", terminal("error rate  12.2 %\n", "incident")),
    ("crash-began-0243", terminal(EVENTS, "kubectl get events -n payments")),
    ("two-of-four-pods-crash", terminal(PLAIN, "kubectl get pods -n payments")),
    ("two-of-four-pods-crash", terminal(WIDE)),
    ("two-of-four-pods-crash", terminal(COLUMNS)),
    (
        "two-of-four-pods-crash",
        terminal("NAME READY UP-TO-DATE\npayment-service   2/4   4   2   8d\n"),
    ),
    ("deploy-at-0241", terminal(HISTORY)),
    ("deploy-at-0241", panel(CHANGES, "changes")),
    (
        "deploy-at-0241",
        terminal(
            "6m   Normal   ScalingReplicaSet   deployment/payment-service   Scaled up replica set "
            "payment-service-7f8b9c4d5 from 0 to 1\n"
        ),
    ),
    ("crash-log-econnrefused", terminal(CRASH, "kubectl logs x --previous")),
    (
        "crash-log-econnrefused",
        terminal("z FATAL: database connection timed out: ETIMEDOUT 10.96.45.12:5432\n"),
    ),
    ("healthy-peer-reaches-db", terminal(SERVES, "kubectl logs payment-service-7f8b9c4d5-a8j3n")),
    ("crashing-pods-share-node", terminal(WIDE)),
    ("crashing-pods-share-node", terminal(COLUMNS)),
    ("crashing-pods-share-node", panel(BY_NODE, "ready", "node")),
    ("node-reports-ready", terminal("node-worker-3   Ready    <none>   61w   v1.37.0\n")),
    ("node-reports-ready", terminal(CONDITIONS, f"kubectl describe node {BAD} | grep -A5 Cond")),
    ("bad-node-cannot-reach-service", terminal(REFUSED, "nc", BAD)),
    ("bad-node-cannot-reach-service", terminal(TIMED_OUT, "nc", BAD)),
    (
        "bad-node-cannot-reach-service",
        terminal(TIMED_OUT, f'kubectl run x --overrides=\'{{"spec":{{"nodeName":"{BAD}"}}}}\''),
    ),
    ("connections-fail-on-one-node", panel(CONNECTIONS, "connections", "node")),
    (
        "proxy-restarted-recently",
        terminal(STARTS, "kubectl describe node node-worker-3 | tail"),
    ),
    ("connections-fail-on-one-node", terminal(CONNECTIONS, "incident dashboard connections")),
    ("good-node-reaches-service", terminal(REACHED, "nc", GOOD)),
    ("good-node-reaches-service", terminal(REACHED, "ssh node-worker-5 nc")),
    ("db-endpoint-healthy", terminal(ENDPOINTS)),
    (
        "db-endpoint-healthy",
        terminal("Endpoints:                10.244.4.135:5432\n", "describe svc"),
    ),
    ("db-endpoint-healthy", terminal("postgres-75467f86d4-4k2lx   1/1   Running   0   5m\n")),
    ("rules-sparse", terminal(SPARSE, "iptables -t nat -L KUBE-SERVICES | head -20", BAD)),
    ("rules-sparse", terminal("2\n", "iptables -t nat -L KUBE-SERVICES | wc -l", BAD)),
    (
        "rules-sparse",
        terminal(
            "REJECT 6 -- 0.0.0.0/0 10.96.45.12 /* payments/postgres:pg has no endpoints */\n",
            "",
            BAD,
        ),
    ),
    ("proxy-oom-killed", terminal(KILLED, "journalctl -k", BAD)),
    (
        "proxy-oom-killed",
        terminal("      Reason:       OOMKilled\n", "kubectl describe pod kube-proxy-th7fd"),
    ),
    ("proxy-restarted-recently", terminal(STATUS, "systemctl status kube-proxy", BAD)),
    ("proxy-restarted-recently", terminal(SYSTEM_PODS, "kubectl get pods -n kube-system")),
    (
        "proxy-limit-128",
        terminal(RESOURCES, "kubectl get ds kube-proxy -n kube-system -o jsonpath"),
    ),
    ("proxy-limit-128", terminal("      memory:  128Mi\n", "kubectl describe ds kube-proxy")),
    ("services-grew-last-week", panel(CHANGES, "changes")),
    ("services-grew-last-week", terminal(SERVICES, "kubectl get svc -A")),
    ("deploy-diff-innocent", terminal(DIFF, "incident changes chg-2061")),
    (
        "deploy-diff-innocent",
        terminal("payment-service-5d988dd7bd-8wxqn   0/1   CrashLoopBackOff   3 (9s ago)   2m\n"),
    ),
    ("rules-complete", terminal("413\n", "sudo iptables -t nat -L KUBE-SERVICES -n | wc -l", BAD)),
    ("rules-complete", terminal(REACHED, "nc", BAD)),
    ("users-recovered", panel(FINE, "errors")),
    ("users-recovered", panel(PAGE.replace("rate  11.8 %", "rate  0.10 %"), "page")),
    ("users-recovered", terminal("error rate  0.12 %\n", "incident")),
    ("pods-ready-elsewhere", terminal(MOVED)),
]

NO: list[tuple[str, Look]] = [
    (
        "connections-fail-on-one-node",
        panel(CONNECTIONS.replace("0.0/s", "0.4/s"), "connections", "node"),
    ),
    ("proxy-restarted-recently", terminal(STARTS, "kubectl describe node node-worker-1")),
    ("alert-not-flapping", panel(ALERTS.replace("firing", "resolved"), "alerts")),
    ("alert-not-flapping", panel(ALERTS + ALERTS, "alerts")),
    ("users-failing", panel(FINE, "errors")),
    ("users-failing", panel(RATE, "latency")),
    ("users-failing", terminal("error rate  0.12 %\n", "incident")),
    ("crash-began-0243", terminal(EVENTS.splitlines()[-1])),
    ("two-of-four-pods-crash", terminal(MOVED)),
    ("two-of-four-pods-crash", terminal("\n".join(WIDE.splitlines()[-1:]))),
    ("deploy-at-0241", terminal("\n".join(HISTORY.splitlines()[:3]))),
    ("crash-log-econnrefused", terminal(SERVES)),
    ("crash-log-econnrefused", terminal(CRASH.replace("10.96.45.12", "10.96.1.1"))),
    ("healthy-peer-reaches-db", terminal(CRASH, "kubectl logs x --previous")),
    ("healthy-peer-reaches-db", terminal(GATEWAY, "kubectl logs -n edge deploy/gateway")),
    ("bad-node-serves-nothing", panel(ERRORS_BY_NODE, "errors", "zone")),
    ("bad-node-serves-nothing", panel(BY_NODE, "ready", "node")),
    (
        "bad-node-serves-nothing",
        terminal("node-worker-1 1%\nnode-worker-3 -\n", "kubectl top nodes"),
    ),
    ("users-failing", terminal("node-worker-1   250m   1%   9000Mi   14%\n", "kubectl top nodes")),
    ("users-failing", panel(FAILURES.replace("3078", "28"), "failures", "client")),
    ("healthy-peer-reaches-db", terminal(SERVES + CRASH, "kubectl logs x --previous")),
    ("crashing-pods-share-node", terminal(PLAIN)),
    ("crashing-pods-share-node", terminal(MOVED)),
    ("crashing-pods-share-node", terminal("\n".join(WIDE.splitlines()[3:]))),
    ("crashing-pods-share-node", panel(BY_NODE, "ready", "zone")),
    ("node-reports-ready", terminal("node-worker-30   Ready    <none>   61w   v1.37.0\n")),
    ("node-reports-ready", terminal(CONDITIONS, f"kubectl describe node {GOOD}")),
    ("node-reports-ready", terminal("node-worker-3   NotReady   <none>   61w\n")),
    ("bad-node-cannot-reach-service", terminal(REFUSED, "nc", GOOD)),
    ("bad-node-cannot-reach-service", terminal(REACHED, "nc", BAD)),
    (
        "connections-fail-on-one-node",
        panel(CONNECTIONS.replace("0.0/s\n", "0.3/s\n"), "connections", "node"),
    ),
    ("connections-fail-on-one-node", panel(BY_NODE, "ready", "node")),
    ("good-node-reaches-service", terminal(REACHED, "nc", BAD)),
    ("good-node-reaches-service", terminal(TIMED_OUT, "nc", GOOD)),
    ("db-endpoint-healthy", terminal(NO_ENDPOINTS)),
    ("db-endpoint-healthy", terminal("postgres-75467f86d4-4k2lx   0/1   Running   0   5m\n")),
    ("rules-sparse", terminal(WHOLE, "iptables -t nat -L KUBE-SERVICES", BAD)),
    ("rules-sparse", terminal(SPARSE, "iptables -t nat -L KUBE-SERVICES", GOOD)),
    ("rules-sparse", terminal("413\n", "iptables -t nat -L KUBE-SERVICES | wc -l", BAD)),
    ("proxy-oom-killed", terminal(STATUS, "systemctl status kube-proxy", BAD)),
    ("proxy-oom-killed", terminal("      Reason:       OOMKilled\n", "kubectl describe pod web")),
    ("proxy-restarted-recently", terminal(OLD_STATUS, "systemctl status kube-proxy", BAD)),
    ("proxy-restarted-recently", terminal(STATUS, "systemctl status kube-proxy", GOOD)),
    ("proxy-limit-128", terminal(RESOURCES, "kubectl get ds web -o jsonpath")),
    ("proxy-limit-128", terminal(RESOURCES.replace("128", "256"), "kubectl get ds kube-proxy")),
    ("services-grew-last-week", terminal("\n".join(SERVICES.splitlines()[:4]))),
    ("deploy-diff-innocent", panel(CHANGES, "changes")),
    (
        "deploy-diff-innocent",
        terminal("payment-service-7f8b9c4d5-x2k9m   0/1   CrashLoopBackOff   3 (9s ago)   2m\n"),
    ),
    ("rules-complete", terminal("412\n", "sudo iptables -t nat -L KUBE-SERVICES -n | wc -l", BAD)),
    ("rules-complete", terminal("413\n", "sudo iptables -t nat -L KUBE-SERVICES -n | wc -l", GOOD)),
    ("users-recovered", panel(RATE, "errors")),
    ("users-recovered", panel(PAGE, "page")),
    ("pods-ready-elsewhere", terminal(WIDE)),
]


@lru_cache(maxsize=1)
def roles() -> dict[str, Any]:
    scenario = Catalogue()["payments-0247"]
    return SimulatedBackend(scenario, 0, env=Environment(), log=EvidenceLog()).roles


def known(look: Look) -> set[str]:
    facts = Catalogue()["payments-0247"].facts
    return {fact.id for fact in facts if shows(fact, look, roles()) is not None}


def ids(cases: list[tuple[str, Look]]) -> list[str]:
    return [f"{fact}-{number}" for number, (fact, _) in enumerate(cases)]


@pytest.mark.parametrize(("fact", "look"), YES, ids=ids(YES))
def test_output_that_shows_a_fact_makes_it_known(fact: str, look: Look) -> None:
    assert fact in known(look)


@pytest.mark.parametrize(("fact", "look"), NO, ids=ids(NO))
def test_output_that_does_not_show_a_fact_leaves_it_unknown(fact: str, look: Look) -> None:
    assert fact not in known(look)


def test_every_fact_has_a_case_for_and_against() -> None:
    facts = {fact.id for fact in Catalogue()["payments-0247"].facts}

    assert {fact for fact, _ in YES} == facts
    assert {fact for fact, _ in NO} == facts
