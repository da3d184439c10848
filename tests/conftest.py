"""Fixtures for every test."""

import os
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _environment_is_restored() -> Iterator[None]:
    """A test may change the environment; the next one sees it as it was."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
