"""Candidates of kubectl lines, held against `kubectl __complete`."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from sim.bash import FileSystem
from sim.shell.kubewords import KubeWords
from tests.kubectl.cluster import HOME
from tests.kubectl.gateway import real_kubectl, serving
from tests.kubectl.pair import CONFIG, living

OWN_ONLY = {"--help", "-h"}
THEIRS_ONLY: set[str] = set()
"""What real kubectl has and this one has not; docs/gaps.md."""

LINES = """\
ge|g||get |get po|get pods |get po |get pods web|get pods,se|get pods,svc |get pod/|get pod/we|
get pods/|get pods -|get pods --n|get pods -n |get pods --namespace=|get pods --namespace=sh|
get pods -n sh|get pods -o |get pods -o=|get pods -o ya|get pods --output=ya|get pods --context |
get pods --v|get pods -A --sh|get -n kube-system pods |get services |get nodes |get ns |
get deploy/web |get pods -- |get deploy/web rs/|get deploy,rs |get deploy web |get rs,|
describe |describe node |describe pod |describe deploy |describe deploy web |describe pod/|
logs |logs de|logs deploy/|logs deploy/w|logs deployment/|logs -f |logs web |exec |exec -it |
exec web -- |exec deploy/|exec web|attach |port-forward |port-forward svc/|port-forward se|
port-forward pod/|port-forward web |rollout |rollout status |rollout status d|rollout status deploy |
rollout status deployment/|rollout history |rollout restart |rollout undo |rollout undo sts/|
rollout pause |rollout res|rollout status deployment web |scale |scale deploy |scale deployment/|
scale --replicas=2 |scale --|set image |set image deploy/|set image deployment |
top |top pod |top node |top pods |top node node-1 |top pod -|drain |drain node-1 |drain --|cordon |
uncordon |taint |taint node |taint nodes |taint nodes node-1 |label |label pods |label pods web |
annotate pod |annotate --|create d|create secret |create secret g|apply |apply --|delete |delete po|
delete pod |delete pod web |delete pod/|edit |edit deploy |edit deploy/|patch |patch deploy |debug |
debug node/|debug node|run --|run x --|expose |expose deploy |config |config use-context |
config delete-context |config set-context |config rename-context |config delete-user |get crd |
get all |get events |get endpoints |get pods --subresource=|get pods --cluster |get pods --user |
completion |cluster-info |exec -|logs -|describe -|auth |auth can-i --|api-resources --|version --|
port-forward --|get pods --watch-|help ge|delete -|wait --|events --|cp --|config view --|debug --|
rollout undo --|set image --|set env --|create deployment --|create configmap --|expose --|diff --|
get pods/web-79dbb48ffd-4chm8 pods/|get pods web-79dbb48ffd-4chm8 |exec web-79dbb48ffd-4chm8 -c |
exec web-79dbb48ffd-4chm8 -it -- |patch --|replace --|edit --|explain --|
proxy --|attach -|kustomize --|taint --|uncordon --|
""".replace("\n", "")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, KubeWords]]:
    cluster = living()
    home: Path = tmp_path_factory.mktemp("home")
    (home / ".kube").mkdir()
    with serving(cluster.transport) as url:
        config = CONFIG.format(url=url)
        (home / ".kube" / "config").write_text(config)
        files = FileSystem({f"{HOME}/.kube/config": config}, home=HOME)
        words = KubeWords(cluster.transport, files, lambda: ({}, HOME))
        yield home, words


@pytest.mark.parametrize("line", [line for line in LINES.split("|") if line])
def test_candidates_are_kubectls(both: tuple[Path, KubeWords], line: str) -> None:
    home, ours = both
    words = shlex.split(line)
    last = "" if line.endswith(" ") or not words else words.pop()
    ran = subprocess.run(
        [real_kubectl(), "__complete", *words, last],
        capture_output=True,
        text=True,
        cwd=home,
        env={"HOME": str(home)},
        timeout=20,
        check=False,
    )
    theirs = {one.partition("\t")[0] for one in ran.stdout.splitlines()[:-1]}
    if last.startswith("-") and "=" in last:
        theirs = {f"{last.partition('=')[0]}={one}" for one in theirs}
    found = {one for one in ours.find(words, last)[0] if one.startswith(last)}
    assert found - OWN_ONLY - THEIRS_ONLY == theirs - THEIRS_ONLY - OWN_ONLY
