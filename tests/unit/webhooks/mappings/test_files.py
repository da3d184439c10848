"""Mapping files: how one is read, and where they are."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn import context, documents, validation
from keptn.errors import InvalidFile, Refused
from keptn.settings import Settings
from keptn.webhooks.authentication import ANY_TOKEN, Signature, Token
from keptn.webhooks.mappings import file, reading, shelf

SHORT = "mapping: registry\ntitle: Ours\nrepository: $.name\ntag: $.tag\n"
SHIPPED = sorted(Path("keptn/webhooks/mappings").glob("*/*.yaml"))


def entries(text, body, headers=None):
    return list(reading.entries(file.parse(text, file="ours.yaml"), body, headers or {}))


def test_the_shortest_one():
    """Kind, title and the fields that are needed; any token opens, the body is the one entry."""
    mapping = file.parse(SHORT, file="ours.yaml")
    assert (mapping.kind, mapping.title, mapping.checks, mapping.each) == ("registry", "Ours", (ANY_TOKEN,), None)
    (entry,) = entries(SHORT, {"name": "carts", "tag": "1"})
    assert (entry.text("repository"), entry.text("tag"), entry.text("digest"), entry.why_not) == ("carts", "1", "", "")


@pytest.mark.parametrize(
    ("check", "made"),
    [
        ("token", [ANY_TOKEN]),
        ("bearer", [Token(place="bearer")]),
        ("{header: X-Gitlab-Token}", [Token(place="x-gitlab-token")]),
        ("{hmac: {header: X-S}}", [Signature(header="x-s")]),
        (
            "[{hmac: {header: X-S, prefix: v1=, signed: 'v0:{X-T}:{body}', timestamp: X-T}}, basic]",
            [
                Signature(header="x-s", prefix="v1=", signed="v0:{X-T}:{body}", timestamp="x-t"),
                Token(place="basic"),
            ],
        ),
    ],
)
def test_how_a_sender_is_checked(check, made):
    """Each form; a list has the first whose header is there."""
    assert list(file.parse(f"{SHORT}check: {check}\n", file="ours.yaml").checks) == made


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "ours.yaml: is empty"),
        ("[]", "`mapping` must say what it maps"),
        ("mapping: chat", "`mapping` must say what it maps: registry"),
        (SHORT.replace("title: Ours\n", ""), "must have a `title`"),
        (SHORT.replace("tag: $.tag\n", ""), "must say where the tag is"),
        (SHORT.replace("$.tag", "@.tag"), "ours.yaml:4: not valid YAML: nothing may begin with '@'; put it in quotes"),
        (SHORT + "tags: $.tag", "ours.yaml:5: 'tags' is not known here"),
        (SHORT + "each: events", "ours.yaml:5: must be the JSON path of the entries"),
        (SHORT + "each: '@.x'", "must be the JSON path of the entries"),
        (SHORT + "only: [push]", "ours.yaml:5: must be a mapping"),
        (SHORT + "only: {$.action: {}}", "must be the value that counts"),
        (SHORT + "only: {$.action: []}", "must be the value that counts"),
        (SHORT + "only: {$.(: push}", "is no JSON path"),
        (SHORT + "setup: {URL: 3}", "must be a mapping: the sender's field"),
        (SHORT + "check: password", "must be token, bearer, basic"),
        (SHORT + "check: []", "must be token, bearer, basic"),
        (SHORT + "check: {header: 'a b'}", "must be the name of a header"),
        (SHORT + "check: {hmac: {}}", "must be the name of a header"),
        (SHORT + "check: {hmac: {header: X, encoding: base32}}", "'base32' must be hex or base64"),
        (SHORT + "check: {hmac: {header: X, algorithm: md5}}", "'md5' must be sha256 or sha512"),
        (SHORT + "check: {hmac: {header: X, signed: '{X-T}'}}", "must have {body} in it"),
        (SHORT + "check: {hmac: {header: X, timestamp: X-T}}", "must have {X-T} in it"),
        (SHORT + "check: {hmac: {header: X, secret: y}}", "'secret' is not known here"),
        (SHORT + "check: {hmac: {header: X, prefix: [y]}}", "prefix must be a text"),
    ],
)
def test_a_broken_twin_is_one_sentence(text, why):
    """With file and line."""
    with pytest.raises(InvalidFile) as refused:
        file.parse(text, file="ours.yaml")
    assert why in str(refused.value) and "\n" not in str(refused.value)


def test_only_what_counts_starts_something():
    """By globs; what is looked at may not be there; a truth value is one."""
    text = SHORT + "only: {$.action: [push, 'copy-*'], $.test: false}\n"
    for action, test in (("push", False), ("copy-x", False)):
        assert entries(text, {"action": action, "test": test})[0].why_not == ""
    assert entries(text, {"action": "delete"})[0].why_not == "$.action is 'delete', not 'push' or 'copy-*'"
    assert entries(text, {"action": "push"})[0].why_not == "$.test is not there, not 'false'"
    assert entries(text, {"action": "push", "test": True})[0].why_not == "$.test is 'true', not 'false'"


def test_entries_are_told_apart():
    """Each with its own fields, and what the whole body says."""
    text = "mapping: registry\ntitle: Ours\neach: $.all[*]\nrepository: [$.group, /, '@.name']\ntag: '@.tag'\n"
    told = entries(text, {"group": "shop", "all": [{"name": "carts", "tag": "1"}, {"name": "orders"}, 3]})
    assert [(entry.text("repository"), entry.text("tag")) for entry in told] == [
        ("shop/carts", "1"),
        ("shop/orders", ""),
        ("", ""),
    ]
    assert entries(text, {"all": {}}) == []


def test_what_is_not_read_is_said():
    """However many entries come, a bounded number is read, and the next one says so."""
    text = SHORT.replace("$.name", "'@.name'").replace("$.tag", "'@.tag'") + "each: $.all[*]\n"
    told = entries(text, {"all": [{"name": "a", "tag": "1"}] * 5000})
    assert [bool(entry.why_not) for entry in told] == [False] * 1000 + [True]
    assert told[-1].why_not == "a notification has at most 1000 entries; this one and what follows were not read"


def test_an_entry_without_an_id_is_known_by_what_it_says():
    """The same again is the same, another body or another sender is another."""
    (one,), (again,) = entries(SHORT, {"name": "a", "tag": "1"}), entries(SHORT, {"tag": "1", "name": "a"})
    (other,) = entries(SHORT, {"name": "a", "tag": "2"})
    (stranger,) = entries(SHORT.replace("Ours", "Theirs"), {"name": "a", "tag": "1"})
    assert one.id == again.id
    assert len({one.id, other.id, stranger.id}) == 3
    (named,) = entries(SHORT + "id: header:X-Id\n", {}, {"x-id": "7"})
    assert named.id == "7"


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_one_is_right(path):
    """For `keptn validate`, too: whoever copies one gets one that works."""
    assert validation.problems(path.read_bytes(), file=path.name, kind=validation.Kind.MAPPING) == []
    found = shelf.named(path.parent.name, path.stem, folder="")
    assert found and found.kind == path.parent.name and found.setup
    assert path.stem in shelf.known(path.parent.name, folder="")


def test_nobody_finds_another_file():
    """The name comes from the URL."""
    for name in ("nobody", "", "../registry/quay", "quay.yaml", "QUAY", "a/b"):
        assert shelf.named("registry", name, folder="") is None


def test_an_operators_own_takes_the_place_of_a_shipped_one(tmp_path):
    """And stands beside the others."""
    (tmp_path / "quay.yaml").write_text(SHORT)
    (tmp_path / "ours.yml").write_text(SHORT)
    (tmp_path / "README.md").write_text("no mapping")
    assert shelf.named("registry", "quay", folder=str(tmp_path)).title == "Ours"
    assert {"quay", "ours", "acr"} <= set(shelf.known("registry", folder=str(tmp_path)))


def test_a_mounted_configmap_is_a_folder(tmp_path):
    """Its files are links to what lies in folders of its own, and it may be empty."""
    (tmp_path / "..2026_11_28").mkdir()
    shelf.check(str(tmp_path))
    (tmp_path / "..2026_11_28" / "ours.yaml").write_text(SHORT)
    (tmp_path / "..data").symlink_to("..2026_11_28")
    (tmp_path / "ours.yaml").symlink_to("..data/ours.yaml")
    shelf._own.cache_clear()
    assert shelf.named("registry", "ours", folder=str(tmp_path)).title == "Ours"


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("ours.yaml", "mapping: registry", "must say where the repository is"),
        ("Ours.yaml", SHORT, "the name becomes a part of the URL"),
        ("ours.yaml", "\xff", "not UTF-8"),
    ],
)
def test_a_broken_one_stops_the_start(tmp_path, name, text, why):
    """With a sentence that names the file."""
    (tmp_path / name).write_bytes(text.encode("latin-1"))
    with pytest.raises(Refused) as refused:
        context.check(Settings(state_dir=tmp_path / "state", webhook_mappings=str(tmp_path)))
    assert why in str(refused.value) and name in str(refused.value)


def test_a_folder_that_is_not_there_stops_the_start(tmp_path):
    """It was named, so something is missing."""
    with pytest.raises(Refused, match=r"KEPTN_WEBHOOK_MAPPINGS=.*nowhere: cannot be read"):
        context.check(Settings(state_dir=tmp_path, webhook_mappings=str(tmp_path / "nowhere")))


def test_two_of_one_name_stop_the_start(tmp_path):
    """Which one counts would be a matter of luck."""
    (tmp_path / "ours.yaml").write_text(SHORT)
    (tmp_path / "ours.yml").write_text(SHORT)
    with pytest.raises(Refused, match="there is a mapping ours already"):
        shelf.check(str(tmp_path))


@given(
    data=st.dictionaries(
        st.sampled_from([*file.KEYS, *file.FIELDS["registry"], "x"]),
        st.sampled_from(["registry", "$.a", "$.a[*]", "token", "push"])
        | st.none()
        | st.integers()
        | st.lists(st.sampled_from(["$.a", "token", 1]), max_size=2)
        | st.dictionaries(
            st.sampled_from(["from", "match", "hmac", "header", "$.a", 1]),
            st.sampled_from(["$.a", "(", 1, {}, {"header": "x"}]),
        ),
    )
)
def test_whatever_stands_in_a_file_is_a_mapping_or_a_sentence(data):
    """Never a traceback."""
    try:
        file.parse(documents.dump(data), file="ours.yaml")
    except InvalidFile as invalid:
        assert str(invalid).startswith("ours.yaml")
