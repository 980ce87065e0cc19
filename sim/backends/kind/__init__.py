"""A real cluster whose nodes are containers on this machine: kind's, or another that is named."""
