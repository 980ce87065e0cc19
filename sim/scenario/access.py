"""What the trainee may do in the cluster, where a scenario takes rights away.

Without it the trainee is the cluster's administrator. This file must not know how rights are checked.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from sim.scenario.fields import Name, Spec


class AccessRule(Spec):
    """A policy rule, as a ClusterRole has it."""

    verbs: tuple[str, ...] = Field(min_length=1)
    """`[get, list, watch]`, `["*"]`"""
    groups: tuple[str, ...] = ("",)
    """API groups: "" is the core, "*" all."""
    resources: tuple[str, ...] = ()
    """`[pods, pods/log]`, `["*"]`"""
    names: tuple[str, ...] = ()
    """Only objects of these names."""
    paths: tuple[str, ...] = ()
    """Paths that are no resource, e.g. `[/metrics]`; instead of resources."""

    @model_validator(mode="after")
    def _has_one_subject(self) -> Self:
        if bool(self.resources) == bool(self.paths):
            msg = "a rule is about resources or about paths, one of them"
            raise ValueError(msg)
        return self


class Grant(Spec):
    """Rights that the trainee has, everywhere or in some namespaces."""

    role: Literal["view", "edit", "admin", "cluster-admin"] | None = None
    """A ClusterRole that every cluster has."""
    rules: tuple[AccessRule, ...] = ()
    """Or rules of the scenario's own."""
    namespaces: tuple[Name, ...] = ()
    """Where; none means everywhere."""

    @model_validator(mode="after")
    def _has_one_source(self) -> Self:
        if bool(self.role) == bool(self.rules):
            msg = "give `role` or `rules`, one of them"
            raise ValueError(msg)
        return self
