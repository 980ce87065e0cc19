"""Regular expressions as grep, sed and awk write them, matched in linear time.

It knows the POSIX dialects with GNU's additions, and no tool.
"""

from sim.bash.regex.dialects import Dialect, RegexProblem, translate
from sim.bash.regex.matching import MATCH_UNITS, Match, Regex, compile_regex
from sim.bash.regex.perl import from_perl

__all__ = [
    "MATCH_UNITS",
    "Dialect",
    "Match",
    "Regex",
    "RegexProblem",
    "compile_regex",
    "from_perl",
    "translate",
]
