"""`keptn.validation`: kinds, sentences, and the files of a config repo."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from keptn import documents, validation
from keptn.errors import InvalidFile
from keptn.validation import Kind, kinds, sentences

SHIPYARD = "stages:\n- name: dev\n"


def said(text, file):
    return [str(problem) for problem in validation.problems(text, file=file)]


class TestKinds:
    @pytest.mark.parametrize(
        ("file", "kind"),
        [
            ("shipyard.yaml", Kind.SHIPYARD),
            ("shipyard-0.2.yml", Kind.SHIPYARD),
            ("some/folder/values_carts.yaml", Kind.VALUES),
            ("new-slo.yaml", Kind.SLO),
            ("tests/functional.yaml", Kind.FUNCTIONAL),
            ("Perfspec.json", Kind.PERFSPEC),
            ("sloppy.yaml", None),
            ("values.json", None),
        ],
    )
    def test_a_name_says_the_kind(self, file, kind):
        """A word of the name is enough; a part of a word is not."""
        assert kinds.of_document(documents.load("{}", file=file)) is kind

    @pytest.mark.parametrize(
        ("text", "kind"),
        [
            ("stages: []", Kind.SHIPYARD),
            ("spec: {stages: []}", Kind.SHIPYARD),
            ("spec: {remediations: []}", Kind.REMEDIATION),
            ("indicators: []", Kind.PERFSPEC),
            ("indicators: {}", Kind.SLI),
            ("objectives: []", Kind.SLO),
            ("objectives: {pass: 90}", None),
            ("metrics: []", Kind.JUDGE),
            ("image: carts", Kind.VALUES),
            ("- image", None),
        ],
    )
    def test_else_the_content_does(self, text, kind):
        """A file of any name is known by its keys."""
        assert kinds.of_document(documents.load(text, file="x.yaml")) is kind

    @pytest.mark.parametrize(
        ("path", "kind"),
        [
            ("shipyard.yaml", Kind.SHIPYARD),
            ("carts/shipyard.yaml", None),
            ("carts/values.yaml", Kind.VALUES),
            ("carts/helm/values.yaml", None),
            ("perfspec.json", Kind.PERFSPEC),
            ("carts/tests/functional.yaml", Kind.FUNCTIONAL),
            ("carts/functional.yaml", None),
            ("carts/prometheus/sli.yaml", Kind.SLI),
            ("carts/old-slo.yaml", None),
        ],
    )
    def test_in_a_config_repo_the_place_counts(self, path, kind):
        """What keptn reads has one name and place; the rest is the team's own."""
        assert kinds.of_resource(path) is kind

    def test_a_file_of_no_kind_is_a_problem(self):
        """Silence would look like a pass."""
        (problem,) = said("a: 1", "x.yaml")
        assert "name it after its kind (shipyard, values, perfspec" in problem


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("", "shipyard.yaml: is empty"),
            ("5", ":1: the file must be a mapping with the keys name, registry, stages, not 5"),
            (
                "stages:\n- name: dev\n  approval_strategy: manual",
                ":3: `approval_strategy` must be a mapping with the keys pass, warning, not 'manual'",
            ),
            ("stages: [", ":2: not valid YAML"),
            ("a: 1\nstages: []", ":1: `a` is not known in the file; known: name, registry, stages"),
            ("stages: []", ":1: `stages` must have at least one entry"),
            (SHIPYARD + "- {}", ":3: entry 2 of `stages` lacks `name`; add it"),
            (SHIPYARD + "  soak: 1h", ":3: `soak` is not known in entry 1 of `stages`; did you mean `soak_time`?"),
            (SHIPYARD + "  soak_time: 1 hour", "must be a duration such as 30s, 10m or 1h30m, not '1 hour'"),
            (SHIPYARD + "  test_strategy: 5", "`test_strategy` must be a text, not 5; put it in quotes"),
            (SHIPYARD + "  trial_weight_percent: 101", "`trial_weight_percent` must be at most 100, not 101"),
            (SHIPYARD + "  1: x", ":3: the key 1 is no text; put it in quotes"),
            (SHIPYARD + "  evaluation: perhaps", "must be one of optional, none, not 'perhaps'"),
            (SHIPYARD + "  deployment_strategy: blu_green", "did you mean blue_green?"),
        ],
    )
    def test_every_problem_of_a_shipyard_is_one_sentence(self, text, sentence):
        """File, line, what is wrong, what to do."""
        assert any(sentence in problem for problem in said(text, "shipyard.yaml")), said(text, "shipyard.yaml")

    @pytest.mark.parametrize(
        ("text", "sentence"),
        [
            ("image: a/b", ":1: the file must name its service, as in `service: carts`"),
            ("service: carts\nimage: a/b\nenv: {A=B: 1}", ":3: the key 'A=B' must be a name without ="),
            (f"service: {'a' * 50}\nimage: a/b", "`service` may have 43 characters, not 50; shorten it"),
        ],
    )
    def test_every_problem_of_a_values_file_is_one_sentence(self, text, sentence):
        """File, line, what is wrong, what to do."""
        assert any(sentence in problem for problem in said(text, "values.yaml")), said(text, "values.yaml")

    def test_all_problems_of_a_file_are_told(self):
        """In the order of the lines, each once."""
        text = "stages:\n- name: Dev\n  test_strategy: 5\n- {}\nother: 1\n"
        assert [problem.line for problem in validation.problems(text, file="shipyard.yaml")] == [2, 3, 4, 5]

    def test_nobody_gets_a_hundred(self):
        """A file that is wrong all over gets its first problems."""
        text = "stages:\n" + "- {}\n" * 100
        assert len(validation.problems(text, file="shipyard.yaml")) == validation.MOST_PROBLEMS

    def test_an_empty_key_is_an_absent_one(self):
        """`test_strategy:` without a value is no test; `stages:` without one is missing."""
        assert said(SHIPYARD + "  test_strategy:\n", "shipyard.yaml") == []
        assert "lacks `stages`" in said("stages:\n", "shipyard.yaml")[0]

    def test_what_a_schema_cannot_say_the_parser_says(self):
        """A name that stands twice."""
        assert said(SHIPYARD + "- name: dev\n", "shipyard.yaml") == ["shipyard.yaml:3: stage 'dev' stands twice"]

    def test_every_keyword_of_the_schemas_has_a_sentence(self):
        """A schema that uses a new keyword must not end in a traceback."""
        told = {*sentences.KEYWORDS, "if", "then", "else", "$ref", "$defs", "$id", "$schema", "title", "description"}
        told |= {"properties", "items", "default", "examples"}
        for file in Path("shipyard-schemas").glob("*.json"):
            assert keywords(json.loads(file.read_bytes())) <= told


def keywords(schema):
    if not isinstance(schema, dict):
        return set()
    found = set(schema)
    for key, value in schema.items():
        below = value.values() if key in ("properties", "$defs") else value if isinstance(value, list) else [value]
        found |= {keyword for one in below for keyword in keywords(one)}
    return found


class TestConfigRepo:
    def test_what_keptn_reads_is_checked(self):
        """All problems are in the text of the one error."""
        with pytest.raises(InvalidFile) as caught:
            validation.check("carts/values.yaml", b"replicas: 0\nservice: carts\nimage: 5\n")
        assert str(caught.value).splitlines() == [
            "carts/values.yaml:1: `replicas` must be at least 1, not 0",
            "carts/values.yaml:3: `image` must be a repository such as sockshop/carts, with or without a tag, "
            "or a mapping with the keys repository, tag and tags, not 5",
        ]

    def test_the_rest_must_be_readable(self):
        """Any YAML or JSON of a team's own, and any other file."""
        validation.check("carts/chart/values.yaml", b"anything: goes")
        validation.check("carts/notes.txt", b"{")
        with pytest.raises(InvalidFile, match=r"own\.json:1: not valid JSON"):
            validation.check("carts/own.json", b"{")


def test_every_kind_has_its_parser():
    """Nothing is only half checked."""
    assert [module for module in kinds.PARSERS.values() if not find_spec(module)] == []
