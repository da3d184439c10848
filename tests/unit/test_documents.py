"""Files that users write: values with their lines, errors with a place."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import documents
from keptn.errors import InvalidFile

BOMB = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n" for old, new in pairwise("abcdefghi")
)


def test_every_value_knows_its_line() -> None:
    """A path leads to its line; a path that is missing leads to the nearest ancestor's."""
    document = documents.load("a: 1\nstages:\n- name: dev\n  x:\n    y: 2\n", file="s.yaml")
    assert document.data == {"a": 1, "stages": [{"name": "dev", "x": {"y": 2}}]}
    assert document.line(("stages", 0, "x", "y")) == 5
    assert document.line(("stages", 0, "missing", "more")) == 3
    assert str(document.error("wrong", "stages", 0, "name")) == "s.yaml:3: wrong"


@pytest.mark.parametrize(
    ("text", "file", "message"),
    [
        ("a: [1", "x.yaml", "x.yaml:2: not valid YAML"),
        ("a: 1\na: 2", "x.yaml", "x.yaml:2: the key 'a' stands twice"),
        ('{"a": 1,}', "x.json", "x.json:1: not valid JSON"),
        ('{"a": 1,\n "a": 2}', "x.json", "x.json:2: the key 'a' stands twice"),
        (b"\xff", "x.yaml", "x.yaml: the file is not UTF-8 text"),
        ("a: 1\n---\nb: 2", "x.yaml", "x.yaml:2: not valid YAML"),
        ("a: !!python/object:os.system x", "x.yaml", "x.yaml:1: not valid YAML"),
        ("a: &x [*x]", "x.yaml", "x.yaml: nested more than 100 levels deep; make it flatter"),
        ("[" * 100_000, "x.yaml", "x.yaml: nested more than 100 levels deep"),
        ("[" * 100_000, "x.json", "x.json: nested more than 100 levels deep"),
        ("[" * 102 + "]" * 102, "x.yaml", "x.yaml: nested more than 100 levels deep"),
        (BOMB, "x.yaml", "x.yaml: has more than 100,000 values, aliases counted"),
        (
            "a: 1\nb: !!binary eA==",
            "x.yaml",
            "x.yaml:2: not valid YAML here: nobody reads the tag '!!binary'; leave it out",
        ),
        ("? [a]\n: 1", "x.yaml", "x.yaml:1: a key must be a text, not a list or mapping"),
    ],
)
def test_broken_files_say_where(text: str | bytes, file: str, message: str) -> None:
    """A file that cannot be read is InvalidFile with file, line and reason."""
    with pytest.raises(InvalidFile, match="^" + message.replace(".", r"\.")):
        documents.load(text, file=file)


def test_a_date_is_text() -> None:
    """YAML means the same as JSON: what looks like a date is a text."""
    assert documents.load("a: 2026-11-24", file="x.yaml").data == {"a": "2026-11-24"}


@given(text=st.text(), file=st.sampled_from(["x.yaml", "x.json"]))
def test_no_text_makes_it_fail_otherwise(text: str, file: str) -> None:
    """Random text gives a document or InvalidFile, never another exception."""
    try:
        documents.load(text, file=file)
    except InvalidFile as exc:
        assert str(exc).startswith(file)


@given(
    data=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text("abc: -\n'\"#", max_size=9),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("xyz", min_size=1), inner, max_size=3),
    )
)
def test_what_is_dumped_loads(data: object) -> None:
    """Our YAML reads back as the same values."""
    assert documents.load(documents.dump(data), file="x.yaml").data == data
