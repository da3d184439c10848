"""Whatever stands in a file: problems with reasons, never another exception."""

import copy
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from keptn import documents, validation
from tests.unit.validation import test_helm

EXAMPLES = [
    documents.load(file.read_bytes(), file=file.stem + ".yaml")
    for file in sorted(Path("shipyard-schemas/examples").iterdir())
]
EXAMPLES += [documents.load(text, file="values.yaml") for text in (test_helm.TALK, f"name: web\n{test_helm.CREATED}")]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.just(10**400)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SCALARS, inner, max_size=3),
    max_leaves=6,
)


@settings(deadline=None)
@given(data=st.data(), value=VALUES)
def test_no_value_anywhere_makes_it_fail_otherwise(data, value):
    """An example with something else in one place is right or wrong, and says which."""
    document = data.draw(st.sampled_from(EXAMPLES), label="example")
    twin = copy.deepcopy(document.data)
    *above, last = data.draw(st.sampled_from(sorted(filter(None, document.lines), key=str)), label="path")
    place = twin
    for part in above:
        place = place[part]
    place[last] = value
    text = yaml.dump(twin)
    found = validation.problems(text, file=document.file)
    for problem in found:
        assert str(problem).startswith(document.file)
        assert problem.reason
    if not found:
        assert all(warning.startswith(document.file) for warning in validation.warnings(text, file=document.file))
