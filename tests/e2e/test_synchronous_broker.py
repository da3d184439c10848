"""The story on a Broker that holds every post until all have taken the event, as Knative's in-memory one does."""

from pathlib import Path

import pytest

from examples.sockshop.demo.system import System
from tests.e2e.sockshop import Sockshop
from tests.e2e.test_story import came_out_as_told

pytestmark = pytest.mark.long


def test_story_on_a_synchronous_broker(tmp_path: Path) -> None:
    """A delivery is one post within another from test to test, and comes out the same: nobody gives up too early."""
    shop = Sockshop(tmp_path)
    shop.system = System(tmp_path / "state", options=("--broker", "synchronous"))
    try:
        shop.open()
        shop.tell()
        came_out_as_told(shop)
        assert "its poster did not wait" not in (tmp_path / "state" / "keptn-local.log").read_text()
    finally:
        shop.close()
