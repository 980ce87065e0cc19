"""The Kubernetes API over HTTP: what an own kubectl or a Python client sees of a run or a sandbox.

It turns HTTP into the records of the wire and back, and knows nothing of what stands behind an
`Access`. It is a WSGI application before the pages, so that neither cookies, forms nor redirects of
theirs reach a client that expects an API server.
"""

from web.kubeapi.door import Door
from web.kubeapi.secrets import Clusters, OneCluster, RunClusters

__all__ = ["Clusters", "Door", "OneCluster", "RunClusters"]
