"""Who a pod on Google Cloud is, for Artifact Registry: a token of the account that workload identity gives the pod.

Only Google's own registries are shown it. Source: cloud.google.com/artifact-registry/docs/docker/authentication,
"Access token"; cloud.google.com/compute/docs/metadata/querying-metadata.
"""

from __future__ import annotations

import json
from fnmatch import fnmatchcase

from keptn.errors import Unavailable
from keptn.ports import Http

TOKEN_URL = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105
USER = "oauth2accesstoken"
TIMEOUT_S = 2.0
"""It answers within milliseconds, or is not there."""
_HOSTS = ("*-docker.pkg.dev", "gcr.io", "*.gcr.io")


def is_google(host: str) -> bool:
    return any(fnmatchcase(host, pattern) for pattern in _HOSTS)


def token(http: Http) -> str:
    """Empty where nobody says who this is: not on Google Cloud, or an account without a token."""
    try:
        answer = http.request("GET", TOKEN_URL, headers={"metadata-flavor": "Google"}, timeout_s=TIMEOUT_S)
        return str(json.loads(answer.body)["access_token"]) if answer.status == 200 else ""
    except (Unavailable, ValueError, KeyError, TypeError):
        return ""
