"""`python -m sim.cli` is `uncordon`."""

from sim.cli import main

main(prog_name="uncordon")
