"""What stops users' pain, class by class, as somebody types it who knows the class.

How the class was found is the player's business.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.players.moves import Pause, Play, Type
from sim.players.reading import lines_of

QUARANTINE, ROLLBACK, CREDENTIAL, NOTHING = (
    "quarantine-node",
    "rollback",
    "restore-credential",
    "nothing",
)
"""Classes of mitigation, as scenarios call them."""


def mend(names: Mapping[str, str], mitigation: str, node: str = "") -> Play:
    """Do what *mitigation* asks for; a class that is not known is left alone."""
    app, namespace = names["app"], names["app.namespace"]
    if mitigation == QUARANTINE and node:
        yield Type(f"kubectl cordon {node}")
        yield Pause(10_000)
        where = f"--field-selector spec.nodeName={node}"
        yield Type(f"kubectl delete pod -l app={app} -n {namespace} {where} --wait=false")
    elif mitigation == ROLLBACK:
        yield Type(f"kubectl rollout undo deployment/{app} -n {namespace}")
    elif mitigation == CREDENTIAL:
        yield from _give_password_back(names)


def _give_password_back(names: Mapping[str, str]) -> Play:
    """Make the database take again the password that the application's Secret holds."""
    app, namespace, database = names["app"], names["app.namespace"], names.get("db", "postgres")
    ref, end = ".valueFrom.secretKeyRef", r'{"\n"}{end}'
    env = f"{{range .spec.template.spec.containers[0].env[*]}}{{{ref}.name}} {{{ref}.key}}{end}"
    shown = yield Type(f"kubectl get deployment {app} -n {namespace} -o jsonpath='{env}'")
    found = [row.split() for row in lines_of(shown) if len(row.split()) == 2]
    secret, key = found[0] if found else (f"{namespace}-db", "password")
    yield Pause(10_000)
    value = f"$(kubectl get secret {secret} -n {namespace} -o jsonpath={{.data.{key}}} | base64 -d)"
    sql = f"ALTER ROLE {namespace} PASSWORD '{value}'"
    yield Type(f'kubectl exec deploy/{database} -n {namespace} -- psql -U postgres -c "{sql}"')
