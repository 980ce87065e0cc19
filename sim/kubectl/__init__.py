"""The trainee's kubectl: what kubectl 1.37 prints, over any Transport.

It asks the API and nothing else, so it works on a model and on a real cluster alike.
"""

from sim.kubectl.config import ClientConfig, kubeconfig_text
from sim.kubectl.program import kubectl_program

__all__ = ["ClientConfig", "kubeconfig_text", "kubectl_program"]
