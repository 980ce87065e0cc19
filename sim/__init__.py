"""Everything that is not HTML: the simulated cluster, its operators' tools, scoring and the run.

No Flask below here.
"""

ENGINE_VERSION = "0.2.0"
"""Part of a run's identity: the same inputs replay to the same bytes only under the same engine."""
