"""What a project, a stage and a service may be called."""

import pytest

from keptn import names
from keptn.errors import Refused


@pytest.mark.parametrize("name", ["a", "sockshop", "sock-shop-2", "x" * 43])
def test_good_names(name):
    """Letters, digits and hyphens are fine everywhere."""
    names.check_project(name)
    names.check_stage(name)
    names.check_service(name)


@pytest.mark.parametrize("name", ["", "A", "1a", "-a", "a-", "a_b", "a.b", "a/b", "ä", "a\n", "../a", None, 3])
def test_bad_names(name):
    """Anything else is refused, with the name and the rule."""
    for check in (names.check_project, names.check_stage, names.check_service):
        with pytest.raises(Refused, match="use lower-case letters, digits and hyphens"):
            check(name)


@pytest.mark.parametrize("name", ["project", "service", "main", "master", "head"])
def test_reserved_stages(name):
    """A stage cannot have a name that is an event's or a branch's already."""
    with pytest.raises(Refused, match="reserved"):
        names.check_stage(name)


def test_limits():
    """A service has at most 43 characters, a project and a stage together fit a Kubernetes namespace."""
    with pytest.raises(Refused, match="44 characters; at most 43"):
        names.check_service("x" * 44)
    with pytest.raises(Refused, match="at most 54"):
        names.check_stage("x" * 55, project="sockshop")
    names.check_stage("x" * 54, project="sockshop")
