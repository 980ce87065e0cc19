"""Clusters behind the operator's doors: a simulated one, and a real one by choice."""
