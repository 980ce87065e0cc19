"""Status bodies, compared with those that a real API server sent."""

from sim.apimachinery import errors


def test_not_found_names_the_resource_not_the_kind():
    assert errors.not_found("pods", "nope").status == {
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Failure",
        "message": 'pods "nope" not found',
        "reason": "NotFound",
        "details": {"name": "nope", "kind": "pods"},
        "code": 404,
    }


def test_grouped_resources_carry_their_group():
    error = errors.not_found("deployments", "web", "apps")
    assert error.message == 'deployments.apps "web" not found'
    assert error.status["details"] == {"name": "web", "group": "apps", "kind": "deployments"}


def test_conflict_asks_for_the_latest_version():
    assert errors.conflict("configmaps", "payment-config").message == (
        'Operation cannot be fulfilled on configmaps "payment-config": the object has been '
        "modified; please apply your changes to the latest version and try again"
    )


def test_invalid_with_one_cause_and_with_several():
    one = errors.required("spec.a")
    two = errors.invalid_value("spec.b", "x", "must be y")
    assert errors.invalid("Pod", "e", [one]).message == (
        'Pod "e" is invalid: spec.a: Required value'
    )
    several = errors.invalid("Pod", "e", [one, two])
    assert several.message == (
        'Pod "e" is invalid: [spec.a: Required value, spec.b: Invalid value: "x": must be y]'
    )
    assert several.status["details"]["causes"][1] == {
        "reason": "FieldValueInvalid",
        "message": 'Invalid value: "x": must be y',
        "field": "spec.b",
    }


def test_forbidden_without_a_name_is_about_the_resource():
    assert errors.forbidden("pods", "", "no").message == "pods is forbidden: no"
    assert errors.forbidden("pods", "e", "no").message == 'pods "e" is forbidden: no'


def test_too_large_resource_version_says_when_to_come_back():
    status = errors.too_large_resource_version(9, 5).status
    assert status["message"] == "Timeout: Too large resource version: 9, current: 5"
    assert status["details"]["retryAfterSeconds"] == 1
