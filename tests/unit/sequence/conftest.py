import pytest

from tests.unit.sequence.driver import Driver
from tests.unit.sequence.shipyards import PRODUCT, TALK


@pytest.fixture
def product() -> Driver:
    return Driver(PRODUCT)


@pytest.fixture
def talk() -> Driver:
    return Driver(TALK)
