"""The run: its clock, inputs, replay, pacing and the director of faults and messages.

What `web` and `cli` hold; they never see the cluster inside it.
"""
