"""Kubernetes' data rules, pure: metadata, selectors, quantities, durations, patches, errors, Tables, wire records."""
