"""The desired state as it is committed."""

from dataclasses import replace

import pytest

from keptn.deployment import state
from keptn.deployment.state import DesiredState
from keptn.deployment.strategy import Plan, Strategy, Version, deploy
from keptn.errors import InvalidFile
from keptn.ports import NO_PIN, Pin
from tests.world import digest_of

OLD, NEW = (Version(image=f"carts:{tag}", digest=digest_of(tag)) for tag in ("0.1", "0.2"))
LIVE = Plan(versions={"blue": OLD}, live="blue", weights={"blue": 100})
CANARY = deploy(LIVE, strategy=Strategy.CANARY, version=NEW)


@pytest.mark.parametrize(
    "pin",
    [
        NO_PIN,
        Pin(header="X-Canary", value="always"),
        Pin(header="X-Canary", value="true"),
        Pin(cookie="carts-version"),
        Pin(header="X-Canary", value="7", cookie="carts-version"),
    ],
    ids=str,
)
def test_a_plan_comes_back_with_its_pin(pin: Pin) -> None:
    """Also where its value looks like a truth value or a number of YAML."""
    written = DesiredState(plan=replace(CANARY, pin=pin), revision=7, epoch=3, awaited=("green",))
    assert state.parse(state.render(written), service="carts") == written


def test_no_pin_is_not_written() -> None:
    """So the file of a service without one stays as it was, and a file from before there were pins is read."""
    text = state.render(DesiredState(plan=CANARY))
    assert b"pin" not in text
    assert state.parse(text, service="carts").plan.pin == NO_PIN


def test_a_pin_that_somebody_broke() -> None:
    """Its file is named."""
    text = state.render(DesiredState(plan=replace(CANARY, pin=Pin(cookie="c")))).replace(b"cookie:", b"cake:")
    with pytest.raises(InvalidFile, match=r"carts/deployment\.yaml.*cake"):
        state.parse(text, service="carts")
