"""What a gate file may name is what there is."""

from keptn.context import ADAPTERS
from keptn.quality.sources import SOURCES


def test_every_source_has_its_adapter() -> None:
    """A file that is valid names no provider that does not exist, and none is hidden."""
    assert set(ADAPTERS["sli"]) == SOURCES
