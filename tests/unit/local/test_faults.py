"""Fault mode's options."""

import pytest

from keptn.errors import Refused
from keptn.local import faults


def test_a_seed_alone_turns_everything_on():
    """The same seed makes the same decisions."""
    one, other = faults.parse("7"), faults.parse("7")
    assert one.copies == 2 and one.next_kill_s() == other.next_kill_s()
    assert [one.loses() for _ in range(50)] == [other.loses() for _ in range(50)]


def test_nothing_is_unkind_by_default():
    """Without the option there are no faults."""
    none = faults.parse("")
    assert (none.copies, none.delay_s(), none.loses(), none.next_kill_s()) == (1, 0.0, False, None)


def test_kinds_can_be_chosen():
    """`SEED,duplicate` duplicates and does nothing else."""
    chosen = faults.parse("7,duplicate")
    assert chosen.copies == 2 and chosen.next_kill_s() is None


@pytest.mark.parametrize("text", ["x", "7,burn", ",kill", "-1"])
def test_a_wrong_option_is_refused(text: str):
    """It lists what there is."""
    with pytest.raises(Refused, match="duplicate, shuffle, lose, kill"):
        faults.parse(text)
