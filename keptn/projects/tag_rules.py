r"""Which pushed tags of a service's image are delivered: `image.tags` of its values file. Pure.

    tags: {glob: "release-*"}                  # as in a shell, upper and lower case as written
    tags: {regex: 'v\d+\.\d+'}                 # of the whole tag
    tags: {semver: ">=1.2 <2", newest: true}   # npm's ranges; nothing older than what was delivered

Source: npm, node-semver, "Ranges"; a leading `v` and a missing third number are let pass. Without a rule every tag is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase

from keptn.documents import Document

_KINDS = ("glob", "regex", "semver")
_LONGEST = 200
_MATCH_S = 0.2
"""A tag has 128 characters; what takes longer on them never comes to an end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TagRules:
    """At most one of glob, regex and semver. newest: of versions, none that is older than one that came before."""

    glob: str = ""
    regex: str = ""
    semver: str = ""
    newest: bool = False

    def why_not(self, tag: str) -> str:
        """Why the tag is not delivered; empty if it is."""
        if self.glob and not fnmatchcase(tag, self.glob):
            return f"the tag does not match image.tags.glob {self.glob!r}"
        if self.regex:
            return _why_not_regex(tag, self.regex)
        return _why_not_semver(tag, self.semver) if self.semver else ""

    def stored(self) -> dict[str, object]:
        """What differs from no rule."""
        return {key: value for key, value in asdict(self).items() if value}


EVERY_TAG = TagRules()


def read(document: Document, image: Mapping[str, object]) -> TagRules:
    """`tags` of the values file's `image`. Raises InvalidFile, with the line."""
    place, given = ("image", "tags"), image.get("tags")
    if given is None:
        return EVERY_TAG
    if not isinstance(given, Mapping):
        raise document.error("image.tags must be one of {glob: …}, {regex: …} and {semver: …}", *place)
    if unknown := [key for key in given if key not in (*_KINDS, "newest")]:
        raise document.error(f"image.tags has no key {unknown[0]!r}; keys: {', '.join(_KINDS)}, newest", *place)
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) != 1:
        raise document.error("image.tags must have exactly one of glob, regex and semver", *place)
    rule, newest = given[kinds[0]], given.get("newest", False)
    if not isinstance(rule, str) or not 0 < len(rule) <= _LONGEST:
        raise document.error(f"image.tags.{kinds[0]} must be a text of at most {_LONGEST} characters", *place, kinds[0])
    if not isinstance(newest, bool) or (newest and kinds[0] != "semver"):
        raise document.error("image.tags.newest is true or false, and goes with semver alone", *place, "newest")
    rules = TagRules(**{kinds[0]: rule}, newest=newest)
    try:
        rules.why_not("1.0.0")
    except ValueError as exc:
        raise document.error(f"image.tags.{kinds[0]} {rule!r} cannot be read: {exc}", *place, kinds[0]) from exc
    return rules


def _why_not_regex(tag: str, pattern: str) -> str:
    """By a library that can be stopped: a team writes the pattern, and the hook of all teams waits for it."""
    import regex  # noqa: PLC0415 - only for who has such a rule

    try:
        matches = regex.fullmatch(pattern, tag, timeout=_MATCH_S)
    except regex.error as exc:
        raise ValueError(str(exc)) from exc
    except TimeoutError:
        return f"image.tags.regex {pattern!r} takes too long on it; write it without nested repetitions"
    return "" if matches else f"the tag does not match image.tags.regex {pattern!r}"


def _why_not_semver(tag: str, wanted: str) -> str:
    import semantic_version  # noqa: PLC0415 - only for who has such a rule

    spec = semantic_version.NpmSpec(wanted)
    text = tag.removeprefix("v")
    core, dash, rest = text.partition("-")
    if core.count(".") == 1:
        text = f"{core}.0{dash}{rest}"
    try:
        version = semantic_version.Version(text)
    except ValueError:
        return f"the tag is no version, and image.tags.semver is {wanted!r}"
    return "" if spec.match(version) else f"the version is not in image.tags.semver {wanted!r}"
