"""Which images the registries of a world hold: what runs in it, and what its scenario releases.

Sizes and tools only; this file must not know who pulls.
"""

from __future__ import annotations

from sim.apiserver import ApiServer
from sim.backends.plan import Plan
from sim.node.images import ImageCatalog, ImageSpec, Tools, split_image

SIZES = (18_000_000, 120_000_000)
"""Bytes of an image that nobody describes."""
SHELL_SHARE = 0.7
"""Share of background images that have a shell."""


def catalog(api: ApiServer, plan: Plan) -> ImageCatalog:
    """Return the catalogue of every image that *api*'s workloads use or *plan*'s history names."""
    tags: dict[str, dict[str, None]] = {}
    for resource in ("deployments", "daemonsets", "pods"):
        for one in api.list(resource):
            template = one["spec"] if resource == "pods" else one["spec"]["template"]["spec"]
            for container in template["containers"]:
                name, tag = split_image(container["image"])
                tags.setdefault(name, {})[tag] = None
    described: dict[str, Tools] = {split_image(plan.scenario.proxy.image)[0]: "netfilter"}
    for application in plan.scenario.applications:
        database = application.behaviour.kind == "database"
        described[application.image] = "postgres" if database else application.tools
        if application.name == plan.scenario.history.application:
            for entry in plan.scenario.history.revisions:
                tags.setdefault(application.image, {})[entry.version] = None
    known = {}
    for name, held in tags.items():
        draw = plan.stream.at("image", name)
        tools: Tools = "none"
        if name in described:
            tools = described[name]
        elif name.startswith(plan.scenario.cluster.registry) and draw.unit(1) < SHELL_SHARE:
            tools = "busybox"
        known[name] = ImageSpec(tools, draw.integer(*SIZES), frozenset(held))
    return ImageCatalog(known, (f"{plan.scenario.cluster.registry}/",), open=True)
