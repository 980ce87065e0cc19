"""openssl of OpenSSL 3.0: certificates and who shows them, on a node as on a laptop."""

from __future__ import annotations

from sim.bash.tools.openssl.command import openssl_program
from sim.bash.tools.openssl.peers import Met, Peers, Refusal

__all__ = ["Met", "Peers", "Refusal", "openssl_program"]
