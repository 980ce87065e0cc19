"""`docker` and `kind` of a machine that is a JSON file; each command line is noted beside it."""

import fcntl
import json
import os
import sys
import time
from contextlib import contextmanager

FOLDER = os.environ.get("FAKES", "")
LABEL = "io.x-k8s.kind.cluster"


@contextmanager
def machine():
    """Yield the state, to be changed in place; nobody else changes it meanwhile."""
    with open(f"{FOLDER}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = f"{FOLDER}/machine.json"
        text = read(path)
        state = json.loads(text)
        yield state
        if json.dumps(state) != text:
            write(f"{path}.part", json.dumps(state))
            os.replace(f"{path}.part", path)


def read(path):
    with open(path) as file:
        return file.read()


def write(path, text):
    with open(path, "w") as file:
        file.write(text)


def fail(text, code=1):
    print(text, file=sys.stderr)
    sys.exit(code)


def option(words, name):
    return words[words.index(name) + 1] if name in words else ""


def docker(words):
    verb = words[0]
    known = f"docker_{verb}"
    if known not in globals():
        fail(f"docker: '{verb}' is not a docker command.")
    with machine() as state:
        if state["daemon"]:
            fail(state["daemon"])
    globals()[known](words[1:])


def docker_info(words):
    with machine() as state:
        print(json.dumps(state["info"]))


def docker_ps(words):
    cluster = option(words, "--filter").rpartition("=")[2]
    with machine() as state:
        for name, one in state["containers"].items():
            if one["cluster"] == cluster:
                print(f"{one['state']} {name}" if "--format" in words else one["id"])


def docker_container(words):
    assert words[0] == "inspect"
    with machine() as state:
        found = []
        for wanted in words[1:]:
            for name, one in state["containers"].items():
                if wanted in (name, one["id"]):
                    mounts = [{"Destination": place} for place in one["mounts"]]
                    networks = {"kind": {"IPAddress": one["address"]}}
                    found.append(
                        {
                            "Name": f"/{name}",
                            "Mounts": mounts,
                            "NetworkSettings": {"Networks": networks},
                        }
                    )
                    break
            else:
                print("[]")
                fail(f"Error response from daemon: No such container: {wanted}")
        print(json.dumps(found))


def docker_image(words):
    with machine() as state:
        if words[0] == "ls":
            print("\n".join(one["id"] for one in state["images"].values()))
            return
        if words[0] == "rm":
            state["images"] = {k: v for k, v in state["images"].items() if v["id"] not in words}
            return
        if words[0] == "prune":
            return
        template = option(words, "--format")
        for name in words[3:]:
            image = state["images"].get(name)
            if image is None:
                fail(f"Error response from daemon: No such image: {name}")
            if "Labels" in template:
                print(image["labels"].get(template.split('"')[1], "<no value>"))
            else:
                print(image["id"])


def docker_build(words):
    labels = dict([option(words, "--label").split("=")] if "--label" in words else [])
    if words[-1] == "-":
        for line in sys.stdin.read().splitlines():
            if line.startswith("LABEL "):
                labels.update(pair.split("=") for pair in line.split()[1:])
    with machine() as state:
        if state.get("no_pull") and words[-1] != "-":
            fail("ERROR: failed to solve: python:3.12-slim: failed to resolve source metadata")
        name = option(words, "--tag")
        state["images"][name] = {"id": f"sha256:{len(state['images'])}{name}", "labels": labels}


def docker_import(words):
    assert os.path.getsize(words[-2]) > 1000
    labels = [words[i + 1] for i, word in enumerate(words) if word == "--change"]
    labels = dict(
        one.removeprefix("LABEL ").split("=") for one in labels if one.startswith("LABEL")
    )
    with machine() as state:
        state["images"][words[-1]] = {"id": f"sha256:own{words[-1]}", "labels": labels}


def docker_save(words):
    with machine() as state:
        kept = {name: state["images"][name]["id"] for name in words[2:]}
    write(option(words, "--output"), json.dumps(kept))


def docker_exec(words):
    words = [word for word in words if word not in ("-i", "--interactive")]
    node, *argv = words
    with machine() as state:
        ids = {one["id"]: name for name, one in state["containers"].items()}
        node = ids.get(node, node)
        if node not in state["containers"]:
            fail(f"Error response from daemon: No such container: {node}")
        held = state["containers"][node]["images"]
        line = " ".join(argv)
        if line == "ctr -n k8s.io images ls":
            print("REF TYPE DIGEST SIZE")
            for name, id_ in held.items():
                print(f"{name} x digest-of-{id_}\n{id_} x digest-of-{id_}")
        elif line.startswith("ctr -n k8s.io images import"):
            if state.get("import_fails"):
                fail("ctr: no space left on device")
            for name, id_ in json.load(sys.stdin).items():
                held[full(name)] = id_
        elif argv[:2] == ["sh", "-c"] and "crictl rmi" in argv[2]:
            for name in argv[4:]:
                held.pop(name, None)
        else:
            code, out, err = state["answers"].get(line, [0, "", ""])
            sys.stdout.write(out)
            sys.stderr.write(err)
            sys.exit(code)


def docker_start(words):
    with machine() as state:
        state["containers"][words[0]]["state"] = "running"


def docker_unpause(words):
    with machine() as state:
        if state["containers"][words[0]]["state"] != "paused":
            fail(f"Error response from daemon: Container {words[0]} is not paused")
        state["containers"][words[0]]["state"] = "running"


def docker_rm(words):
    with machine() as state:
        for name in words:
            state["containers"].pop(name, None)


def kind(words):
    verbs = {
        "version": kind_version,
        "create cluster": kind_create_cluster,
        "delete cluster": kind_delete_cluster,
        "load docker-image": kind_load,
    }
    verbs[" ".join(words[:2])](words[2:])


def kind_version(words):
    with machine() as state:
        print(f"kind {state['kind']} go1.24.6 linux/amd64")


@contextmanager
def locked(kubeconfig):
    """Lock a kubeconfig as kind does, by a file beside it that must not be there."""
    try:
        os.close(os.open(f"{kubeconfig}.lock", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        fail(f"ERROR: failed to lock config file: open {kubeconfig}.lock: file exists")
    yield
    os.unlink(f"{kubeconfig}.lock")


def kind_create_cluster(words):
    name, config = option(words, "--name"), json.loads(read(option(words, "--config")))
    with machine() as state:
        state["provider"] = os.environ.get("KIND_EXPERIMENTAL_PROVIDER", "")
        step, fails, server = state["step_s"], state["create_fails"], state["server"]
        if any(one["cluster"] == name for one in state["containers"].values()):
            fail(
                f'ERROR: failed to create cluster: node(s) already exist for a cluster with the name "{name}"'
            )
    print(
        f'Creating cluster "{name}" ...\n • Ensuring node image 🖼  ...', file=sys.stderr, flush=True
    )
    workers = 0
    for number, node in enumerate(config["nodes"]):
        time.sleep(step)
        role = node["role"]
        workers += role == "worker"
        made = f"{name}-{role}{workers if workers > 1 else ''}"
        with machine() as state:
            state["containers"][made] = {
                "id": f"id{number}",
                "cluster": name,
                "state": "running",
                "address": f"172.18.0.{number + 2}",
                "mounts": ["/var", *(mount["containerPath"] for mount in node["extraMounts"])],
                "images": {},
            }
    print(" ✓ Ensuring node image 🖼\n • Starting control-plane 🕹️  ...", file=sys.stderr, flush=True)
    time.sleep(step)
    if fails:
        with machine() as state:
            state["containers"] = {}
        fail("ERROR: failed to create cluster: failed to init node with kubeadm: exit status 1")
    context = f"kind-{name}"
    text = {
        "current-context": context,
        "contexts": [{"name": context, "context": {"cluster": context}}],
        "clusters": [{"name": context, "cluster": {"server": server}}],
    }
    with locked(option(words, "--kubeconfig")):
        write(option(words, "--kubeconfig"), json.dumps(text))


def kind_delete_cluster(words):
    name = option(words, "--name")
    with locked(option(words, "--kubeconfig")), machine() as state:
        state["containers"] = {
            one: what for one, what in state["containers"].items() if what["cluster"] != name
        }


def kind_load(words):
    names = words[: words.index("--name")]
    with machine() as state:
        for node in option(words, "--nodes").split(","):
            for name in names:
                state["containers"][node]["images"][full(name)] = state["images"][name]["id"]


def full(name):
    first = name.partition("/")[0]
    return name if "." in first else f"docker.io/library/{name}"


if __name__ == "__main__":
    tool = os.path.basename(sys.argv[0])
    with open(f"{FOLDER}/log.jsonl", "a") as log:
        log.write(json.dumps([tool, *sys.argv[1:]]) + "\n")
    {"docker": docker, "kind": kind}[tool](sys.argv[1:])
