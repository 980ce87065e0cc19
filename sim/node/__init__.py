"""The machines of the cluster and what runs on them: kubelets, containers, kernel, kube-proxy, network.

Knows the API server only through its public calls; must not know traffic, faults, scores or any one scenario.
"""
