"""Plugins in a directory of PATH: the real kubectl and this one find, run and list the same."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.kubectl.gateway import real_kubectl
from tests.shell.world import Laptop

HOME = "/home/oncall"
SCRIPTS = {
    "bin/kubectl-foo": '#!/bin/bash\necho foo $# "$@"; exit 3\n',
    "bin/kubectl-foo-bar": '#!/bin/bash\necho bar "$@"\n',
    "bin/kubectl-a_b": "#!/bin/bash\necho underscore >&2\n",
    "bin/kubectl-create-thing": '#!/bin/bash\necho thing "$@"\n',
    "bin/kubectl-get": "#!/bin/bash\necho never\n",
    "more/kubectl-foo": "#!/bin/bash\necho hidden\n",
    "more/kubectl-rollout-undo": "#!/bin/bash\necho never\n",
}
PLAIN = "more/kubectl-plain"


@pytest.mark.parametrize(
    "line",
    [
        "foo",
        "foo a 'b c' --d=e",
        "foo bar x",
        "foo bar-x",
        "foo --flag bar",
        "a-b",
        "create thing x -n y",
        "create nothing",
        "plain",
        "--v=1 foo",
        "nothing here",
        "plugin list",
        "plugin list --name-only",
    ],
)
def test_plugins_are_those_of_kubectl(tmp_path: Path, line: str) -> None:
    laptop = Laptop()
    path = f"{HOME}/bin:{HOME}/more:{HOME}/none"
    for name, text in {**SCRIPTS, PLAIN: "x"}.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text)
        file.chmod(0o644 if name == PLAIN else 0o755)
        laptop.workstation.files.mkdir(f"{HOME}/{Path(name).parent}")
        laptop.workstation.files.write(f"{HOME}/{name}", text)
        laptop.workstation.files.chmod(f"{HOME}/{name}", 0o644 if name == PLAIN else 0o755)
    theirs = subprocess.run(
        f"{real_kubectl()} {line} 2>&1; echo $?",
        shell=True,
        capture_output=True,
        text=True,
        env={"HOME": str(tmp_path), "PATH": path.replace(HOME, str(tmp_path))},
        check=False,
    )

    ours = laptop.run(f"PATH={path} kubectl {line} 2>&1; echo $?")

    assert ours == theirs.stdout.replace(str(tmp_path), HOME)
