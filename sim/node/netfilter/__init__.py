"""Netfilter of a node: its rules, what hands made of them, and what becomes of a packet."""
