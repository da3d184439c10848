"""The slot as bytes: nothing that is read back has become text."""

from dataclasses import fields

import pytest

from keptn.sequence import codec


@pytest.mark.parametrize("kind", codec._READERS, ids=lambda kind: kind.__name__)
def test_every_time_and_every_part_has_its_reader(kind):
    """JSON knows neither; a field without a reader would come back as something else."""
    parts = (*codec._READERS, "datetime")
    names = [part if isinstance(part, str) else part.__name__ for part in parts]
    needy = {one.name for one in fields(kind) if any(name in str(one.type) for name in names)}
    assert needy <= codec._READERS[kind].keys()
