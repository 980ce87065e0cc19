"""`kustomization.yaml` files: resources, generators, patches and the transformers teams use.

What is not known is refused in one line; nothing is silently left out.
"""

from sim.kubectl.kustomize.building import build

__all__ = ["build"]
