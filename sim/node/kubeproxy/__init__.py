"""kube-proxy in iptables mode: the rules a node holds and the process that writes them."""
