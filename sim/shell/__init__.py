"""The trainee's workstation: bash plus kubectl, ssh and `incident`, over the recorded doors only.

What it shows is the evidence. It must not know what stands behind Transport, NodeAccess,
Telemetry and Desk.
"""

from sim.shell.desk import Desk
from sim.shell.workstation import Workstation

__all__ = ["Desk", "Workstation"]
