"""Selectors of labels and of nodes; it must not know who selects."""

from __future__ import annotations

from sim.apimachinery.errors import Cause, forbidden_value, invalid_value, required
from sim.apimachinery.wire import Obj
from sim.apiserver.validation import spelling
from sim.apiserver.validation.names import check_key, check_labels, check_spelling

_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")
_NODE_OPERATORS = (*_OPERATORS, "Gt", "Lt")


def check_selector(field: str, selector: Obj | None) -> list[Cause]:
    """Return the causes why a label selector is refused."""
    held = selector or {}
    causes = check_labels(f"{field}.matchLabels", held.get("matchLabels"))
    for index, one in enumerate(held.get("matchExpressions") or ()):
        here = f"{field}.matchExpressions[{index}]"
        operator, values = one.get("operator", ""), one.get("values") or []
        if operator in ("In", "NotIn"):
            if not values:
                detail = "must be specified when `operator` is 'In' or 'NotIn'"
                causes.append(required(f"{here}.values", detail))
        elif operator in ("Exists", "DoesNotExist"):
            if values:
                detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
                causes.append(forbidden_value(f"{here}.values", detail))
        else:
            rule = "not a valid selector operator"
            causes.append(invalid_value(f"{here}.operator", operator, rule))
        causes += check_key(f"{here}.key", one.get("key", ""))
        for nth, value in enumerate(values):
            causes += check_spelling(f"{here}.values[{nth}]", value, spelling.value)
    return causes


def is_empty(selector: Obj | None) -> bool:
    """Return whether a label selector selects everything."""
    held = selector or {}
    return not held.get("matchLabels") and not held.get("matchExpressions")


def is_readable(selector: Obj) -> bool:
    """Return whether a label selector can be applied at all."""
    return all(
        one.get("operator") in _OPERATORS
        and (one.get("operator") not in ("In", "NotIn") or one.get("values"))
        for one in selector.get("matchExpressions") or ()
    )


def check_node_selector(field: str, selector: Obj) -> list[Cause]:
    """Return the causes why required node affinity, or that of a volume, is refused."""
    terms = selector.get("nodeSelectorTerms") or []
    if not terms:
        detail = "must have at least one node selector term"
        return [required(f"{field}.nodeSelectorTerms", detail)]
    causes: list[Cause] = []
    for index, term in enumerate(terms):
        causes += check_node_term(f"{field}.nodeSelectorTerms[{index}]", term)
    return causes


def check_node_term(field: str, term: Obj) -> list[Cause]:
    """Return the causes why one term of a node selector is refused."""
    causes: list[Cause] = []
    for index, one in enumerate(term.get("matchExpressions") or ()):
        here = f"{field}.matchExpressions[{index}]"
        causes += _check_requirement(here, one)
        causes += check_key(f"{here}.key", one.get("key", ""))
    for index, one in enumerate(term.get("matchFields") or ()):
        causes += _check_field(f"{field}.matchFields[{index}]", one)
    return causes


def _check_requirement(field: str, one: Obj) -> list[Cause]:
    operator, values = one.get("operator", ""), one.get("values") or []
    if operator in ("In", "NotIn"):
        if not values:
            detail = "must be specified when `operator` is 'In' or 'NotIn'"
            return [required(f"{field}.values", detail)]
    elif operator in ("Exists", "DoesNotExist"):
        if values:
            detail = "may not be specified when `operator` is 'Exists' or 'DoesNotExist'"
            return [forbidden_value(f"{field}.values", detail)]
    elif operator in ("Gt", "Lt"):
        if len(values) != 1:
            detail = "must be specified single value when `operator` is 'Lt' or 'Gt'"
            return [required(f"{field}.values", detail)]
    else:
        return [invalid_value(f"{field}.operator", operator, "not a valid selector operator")]
    return []


def _check_field(field: str, one: Obj) -> list[Cause]:
    causes: list[Cause] = []
    operator, values = one.get("operator", ""), one.get("values") or []
    if operator not in ("In", "NotIn"):
        detail = "not a valid selector operator"
        causes.append(invalid_value(f"{field}.operator", operator, detail))
    elif len(values) != 1:
        detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
        causes.append(required(f"{field}.values", detail))
    if one.get("key") != "metadata.name":
        detail = "not a valid field selector key"
        causes.append(invalid_value(f"{field}.key", one.get("key", ""), detail))
    return causes
