"""`monitoring.yaml`: where a project's SLIs come from, and what is said about a wrong one."""

import pytest

from keptn.errors import InvalidFile
from keptn.quality import monitoring
from keptn.quality.monitoring import Monitoring


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("{}", Monitoring()),
        ("default: Prometheus", Monitoring(default="prometheus")),
        ("providers: {prometheus: {url: 'http://p:9090'}}", Monitoring(urls={"prometheus": "http://p:9090"})),
        ("default:\nproviders: {dynatrace: }", Monitoring()),
    ],
)
def test_what_it_does_not_say_is_the_installation_s(text: str, read: Monitoring) -> None:
    """Every key may be left out."""
    assert monitoring.parse(text) == read


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("- prometheus", "monitoring.yaml:1: the file must be an object"),
        ("\ndefault: datadog", "monitoring.yaml:2: `default` 'datadog' is not known; known: dynatrace, envoy, http"),
        ("defualt: envoy", "monitoring.yaml:1: `defualt` is not known here; did you mean `default`?"),
        ("providers:\n  envoy: {url: 'http://x'}", "monitoring.yaml:2: `envoy` is not known here; known: dynatrace"),
        ("providers:\n  prometheus: {secret: git}", "monitoring.yaml:2: `secret` is not known here"),
        ("providers:\n  prometheus: {url: 'ftp://x'}", "monitoring.yaml:2: `url` must be an address of http or https"),
        ("providers:\n  prometheus: {url: 'https://a:b@x'}", "monitoring.yaml:2: `url` must be an address of http"),
        ("providers:\n  prometheus: {url: 'http://[x'}", "monitoring.yaml:2: `url` must be an address of http"),
        ("providers:\n  prometheus: {url: 7}", "monitoring.yaml:2: `url` must be a text"),
    ],
)
def test_a_wrong_file_names_the_line(text: str, error: str) -> None:
    """One sentence with file, line and what to do."""
    with pytest.raises(InvalidFile) as caught:
        monitoring.parse(text)
    assert str(caught.value).startswith(error)
