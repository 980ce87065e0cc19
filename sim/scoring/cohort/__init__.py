"""Runs compared with each other: distributions, curves, survival, differences in plain sentences; pure.

`sample.sample_of` makes a scored run comparable, `compare.compare` puts groups side by side, `tables` and
`page` show what came of it. Where a run is kept and how it is played again is not known here. Nothing is
imported from here: numbers by the thousand are only loaded where groups are compared.
"""
