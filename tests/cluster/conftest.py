"""keptn on the cluster that KUBECONFIG names, for the tests that deliver something there."""

from __future__ import annotations

import pytest

from tests import needs
from tests.cluster import installed


@pytest.fixture(scope="session")
def installation() -> None:
    """What KEPTN_OVERLAY names is installed and ready, with a token for the api; it stays there."""
    installed.apply(needs.on_cluster("KEPTN_OVERLAY"))
