"""Whom an evaluation asks: the provider that a gate names, where `monitoring.yaml` says it is. Called by the step."""

from __future__ import annotations

from collections.abc import Iterable

from keptn.context import Context
from keptn.ports import SliProvider, SliSite
from keptn.quality import monitoring
from keptn.quality.monitoring import Monitoring
from keptn.quality.verdict import Need


class Providers:
    """The providers of one project. Raises InvalidFile where its file is wrong, and the needs ask for it."""

    def __init__(self, ctx: Context, project: str, *, needs: Iterable[Need]) -> None:
        self._ctx, self._project = ctx, project
        asked = {need.source for need in needs}
        told = "" in asked or not asked.isdisjoint(monitoring.WITH_URL)
        self._monitoring = _read(ctx, project) if told else Monitoring()

    def named(self, source: str) -> SliProvider:
        """The provider of that name; empty: the project's default. Raises Refused for one that is not known."""
        name = (source or self._monitoring.default or self._ctx.settings.sli_provider).lower()
        site = SliSite(project=self._project, url=self._monitoring.urls.get(name, ""))
        return self._ctx.sli_provider(name, site=site)


def _read(ctx: Context, project: str) -> Monitoring:
    content = ctx.config_repo.tree(project, "main").read(monitoring.FILE)
    return monitoring.parse(content) if content is not None else Monitoring()
