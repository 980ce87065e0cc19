from __future__ import annotations

import re

from .conftest import World, service

GO_TIME = r"2026-11-20 02:50:00\.\d+ \+0000 UTC m=\+\d+\.\d{9}"


def test_health_of_kube_proxy_is_its_own_word(world: World) -> None:
    ran = world.run("curl -s http://localhost:10256/healthz")
    told = f'{{"lastUpdated": "({GO_TIME})","currentTime": "({GO_TIME})", "nodeEligible": true}}'
    found = re.fullmatch(told, ran.out)
    assert found is not None
    assert found[1] == found[2]


def test_a_start_that_has_not_synced_has_no_time_to_tell(world: World) -> None:
    proxy = world.bad.proxy
    container = world.find(world.bad, "kube-proxy")
    proxy.started(container, "thrashing")
    container.started_at = world.env.now
    world.env.advance(world.env.now + 80_000)
    assert '"lastUpdated": "0001-01-01 00:00:00 +0000 UTC"' in proxy.healthz()[1]
    ran = world.run("curl -s -o /dev/null -w '%{http_code}' localhost:10256/healthz")
    assert ran.out == "503"
    assert (
        'last_timestamp_seconds{ip_family="IPv4"} 0\n'
        in world.run("curl -s localhost:10249/metrics").out
    )


def test_metrics_of_kube_proxy_count_its_rules(world: World) -> None:
    assert world.run("curl -s localhost:10249/proxyMode").out == "iptables"
    text = world.run("curl -s localhost:10249/metrics").out
    assert re.search(r'_iptables_last\{ip_family="IPv4",table="nat"\} \d+\n', text)
    assert re.search(r"^process_resident_memory_bytes \d\.\d+e\+0[78]$", text, re.MULTILINE)


def test_tls_is_checked_unless_told_otherwise(world: World) -> None:
    ran = world.run(f"curl -sS https://{world.bad.internal_ip}:10250/healthz")
    assert ran.code == 60
    assert ran.err.startswith("curl: (60) SSL certificate problem: unable to get local issuer")
    ran = world.run(f"curl -sk https://{world.bad.internal_ip}:10250/healthz")
    assert (ran.code, ran.out) == (0, "Unauthorized")
    ran = world.run("curl -sS https://10.244.1.5:8080/")
    assert (ran.code, ran.err[:10]) == (35, "curl: (35)")


def test_dead_kube_proxy_refuses(world: World) -> None:
    world.find(world.bad, "kube-proxy").kill()
    world.env.advance(world.env.now + 1)
    ran = world.run("curl -s -S -o /dev/null -w '%{http_code}\\n' localhost:10256/healthz")
    assert (ran.code, ran.out) == (7, "000\n")
    assert ran.err == (
        "curl: (7) Failed to connect to localhost port 10256 after 0 ms: Couldn't connect to server\n"
    )


def test_limits_end_in_28(world: World) -> None:
    ran = world.run("curl -sS -m 3 http://10.96.99.9/")
    assert (ran.code, ran.took) == (28, 3_000)
    assert ran.err == "curl: (28) Connection timed out after 3001 milliseconds\n"
    ran = world.run("curl -sS --connect-timeout 2 http://10.96.99.9/")
    assert ran.err == (
        "curl: (28) Failed to connect to 10.96.99.9 port 80 after 2000 ms: Timeout was reached\n"
    )


def test_a_database_does_not_speak_http(world: World) -> None:
    ran = world.run("curl -sS http://10.96.45.12:5432/")
    assert (ran.code, ran.err) == (52, "curl: (52) Empty reply from server\n")


def test_probe_path_answers_by_readiness(world: World) -> None:
    web = world.find(world.good, "api")
    assert world.run("curl -s 10.244.1.5:8080/healthz").out == "ok\n"
    web.behaviour.ready = lambda _: False  # type: ignore[method-assign]
    ran = world.run("curl -s -o /dev/null -w '%{http_code}' 10.244.1.5:8080/healthz")
    assert ran.out == "503"
    assert world.run("wget -qO- 10.244.1.5:8080/healthz").err == (
        "wget: server returned error: HTTP/1.1 503 Service Unavailable\n"
    )


def test_verbose_shows_the_conversation(world: World) -> None:
    ran = world.run("curl -sv 10.244.1.5:8080/healthz")
    assert ran.err.splitlines()[:6] == [
        "*   Trying 10.244.1.5:8080...",
        "* Connected to 10.244.1.5 (10.244.1.5) port 8080 (#0)",
        "> GET /healthz HTTP/1.1",
        "> Host: 10.244.1.5:8080",
        "> User-Agent: curl/7.88.1",
        "> Accept: */*",
    ]
    assert "< HTTP/1.1 200 OK" in ran.err


def test_wget_words_a_refusal_as_busybox_does(world: World) -> None:
    from sim.node.kubeproxy.rules import RuleState

    from .conftest import snapshot

    dead = service("default", "no-endpoints", "10.96.18.100", 80)
    world.bad.proxy.state = RuleState(snapshot(dead))
    ran = world.run("wget -qO- http://10.96.18.100/")
    assert ran.err == "wget: can't connect to remote host (10.96.18.100): Connection refused\n"


def test_unknown_host_and_option(world: World) -> None:
    assert world.run("curl -s -S http://nope/").err == "curl: (6) Could not resolve host: nope\n"
    ran = world.run("curl --wibble http://x/")
    assert (ran.code, ran.err.splitlines()[0]) == (2, "curl: option --wibble: is unknown")
