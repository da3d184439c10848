"""Which project, stage and service a problem is about: by the labels and tags that its monitor sends. Pure.

`problem.py` calls it. Of the names below the first counts that has a value; those of `KEPTN_PROBLEM_LABELS` go before
them, and what the hook's URL says (`?project=…&stage=…&service=…`) and a token of one project come after. `namespace`
is `<project>-<stage>`, which says both, or the one that is missing. A dot, slash or dash is an underscore too, as
Prometheus and kube-state-metrics write the labels of Kubernetes (`label_app_kubernetes_io_name`).
Source: Kubernetes, "Recommended Labels"; Prometheus, "kubernetes_sd_config"; Datadog, "Unified Service Tagging"; keptn
0.6, "Dynatrace: tags keptn_project, keptn_stage, keptn_service".
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from keptn.errors import Refused
from keptn.events import Scope

DEFAULTS: Mapping[str, Sequence[str]] = {
    "project": ("keptn_project", "project"),
    "stage": ("keptn_stage", "stage"),
    "service": (
        "keptn_service",
        "service",
        "app.kubernetes.io/name",
        "app.kubernetes.io/instance",
        "label_app.kubernetes.io/name",
        "kube_service",
        "ImpactedEntity",
    ),
    "namespace": ("keptn_namespace", "namespace", "namespace_name", "kube_namespace", "k8s.namespace.name"),
}
_MOST_TOLD = 20
_LONGEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the labels say; a part that they do not is empty, and then the namespace has to."""

    project: str
    stage: str
    service: str
    namespace: str

    def scopes(self) -> Sequence[Scope]:
        """The slots that it can be, most likely first: a namespace may be taken apart at each of its dashes."""
        if self.project and self.stage:
            prefix = f"{self.project}-"  # a namespace that somebody calls the stage
            stages = [self.stage]
            if self.stage == self.namespace and self.stage.startswith(prefix):
                stages.append(self.stage.removeprefix(prefix))
            return [Scope(project=self.project, stage=stage, service=self.service) for stage in stages]
        dashes = [place for place, letter in enumerate(self.namespace) if letter == "-"]
        pairs = [(self.namespace[:place], self.namespace[place + 1 :]) for place in dashes]
        return [
            Scope(project=project, stage=stage, service=self.service)
            for project, stage in pairs
            if project and stage and self.project in ("", project) and self.stage in ("", stage, self.namespace)
        ]


def wanted(labels: Mapping[str, str], *, otherwise: Mapping[str, str], own: Mapping[str, Sequence[str]]) -> Wanted:
    """otherwise: parts that count where no label says another. own: of `read_setting`.

    Raises Refused, which says what was looked for and what was there.
    """
    plain = {_plain(key): value.strip() for key, value in reversed([*labels.items()])}
    found = {part: _first(plain, (*own.get(part, ()), *names)) for part, names in DEFAULTS.items()}
    asked = Wanted(**{part: value or otherwise.get(part, "") for part, value in found.items()})
    if asked.service and asked.scopes():
        return asked
    parts = ("service",) if asked.scopes() else ("project", "stage", "service")
    missing = [part for part in parts if not getattr(asked, part)]
    if asked.namespace and not asked.scopes():
        reason = f"its namespace {asked.namespace[:_LONGEST]!r} is not <project>-<stage>"
    else:
        reason = f"its labels lack {', '.join(missing) or 'a slot'}"
    raise Refused(f"{reason}; looked for {_looked_for(missing, own)}; found {_shown(labels)}; see docs/webhooks.md")


def read_setting(text: str) -> Mapping[str, Sequence[str]]:
    """`project=team stage=env,tier`, which `settings.py` has checked: names of labels, first the most important."""
    return {part: names.split(",") for part, _, names in (pair.partition("=") for pair in text.split())}


def tags(values: Sequence[object]) -> Mapping[str, str]:
    """Flat tags such as `keptn_project:sockshop`, `[Kubernetes]namespace:x`, `env=prod`, or objects, as labels.

    The first of one name counts.
    """
    found: dict[str, str] = {}
    for value in values:
        if isinstance(value, dict):
            for key, text in value.items():
                if isinstance(text, str | int | float) and not isinstance(text, bool):
                    found.setdefault(str(key), str(text))
        elif isinstance(value, str) and (parts := re.fullmatch(r"(?:\[[^\]]*\])?([^:=]+)[:=](.*)", value.strip())):
            found.setdefault(parts[1].strip(), parts[2].strip())
    return found


def _plain(key: str) -> str:
    return re.sub("[^a-z0-9]", "_", key.lower())


def _first(plain: Mapping[str, str], names: Sequence[str]) -> str:
    return next((plain[key] for name in names if plain.get(key := _plain(name))), "")


def _looked_for(missing: Sequence[str], own: Mapping[str, Sequence[str]]) -> str:
    parts = [*missing, *(["namespace"] if {"project", "stage"} & set(missing) else [])] or ["namespace"]
    return ", ".join(dict.fromkeys(name for part in parts for name in (*own.get(part, ()), *DEFAULTS[part])))


def _shown(labels: Mapping[str, str]) -> str:
    """Their names alone: values may be anything."""
    return ", ".join(sorted(key[:_LONGEST] for key in labels)[:_MOST_TOLD]) or "no labels"
