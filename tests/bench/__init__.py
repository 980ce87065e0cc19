"""Benchmarks of the promised figures; `make bench` prints them, no test asserts a time."""
