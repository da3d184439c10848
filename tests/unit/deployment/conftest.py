"""The stage on which a step works."""

import pytest

from keptn.context import Context
from tests.unit.deployment import stage


@pytest.fixture
def ctx() -> Context:
    return stage.world()
