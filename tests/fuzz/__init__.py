"""Random command lines against a whole run: nothing breaks, hangs, or leaves the sandbox."""
