"""A full disk is named, and nothing else is taken for one."""

import errno
from pathlib import Path

import pytest

from keptn.adapters.machine import disk
from keptn.errors import Unavailable


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "the disk of /state is full"),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "/other/file"), "the disk of /other/file is full"),
    ],
)
def test_no_room_may_pass(error, says):
    """Whoever writes may try again later."""
    with pytest.raises(Unavailable, match=says), disk.named(Path("/state")):
        raise error


def test_another_error_is_another(tmp_path):
    """It goes through as it is."""
    with pytest.raises(FileNotFoundError), disk.named(tmp_path):
        (tmp_path / "none").read_text()
