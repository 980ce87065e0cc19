from __future__ import annotations

from .conftest import World, service


def test_health_of_kube_proxy_is_its_own_word(world: World) -> None:
    ran = world.run("curl -s http://localhost:10256/healthz")
    assert ran.out == (
        '{"lastUpdated": "2026-11-20T02:50:00.000000Z",'
        '"currentTime": "2026-11-20T02:50:00.000000Z","nodeEligible": true}'
    )


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
