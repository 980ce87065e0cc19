"""Admission: what the API server adds to an object, or refuses, between its reading and its storing."""

from sim.apiserver.admission.attributes import Attributes
from sim.apiserver.admission.chain import Admission
from sim.apiserver.admission.pods import MIRROR, SYSTEM_PRIORITIES, TOKEN_MOUNT, admit_pod
from sim.apiserver.admission.webhooks import Verdict

__all__ = [
    "MIRROR",
    "SYSTEM_PRIORITIES",
    "TOKEN_MOUNT",
    "Admission",
    "Attributes",
    "Verdict",
    "admit_pod",
]
