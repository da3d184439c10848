"""What the hosted registries document: how each asks who is there, and what it is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest

from keptn.adapters.http.memory import Call, MemoryHttp
from keptn.adapters.registry import google_identity, image_name
from keptn.adapters.registry.oci import MANIFESTS, OciRegistry
from keptn.adapters.secrets.memory import MemorySecrets
from keptn.errors import Unavailable
from keptn.ports import HttpAnswer

DIGEST = f"sha256:{'5a' * 32}"
FOUND = HttpAnswer(status=200, headers={"docker-content-digest": DIGEST})
NONE = MemorySecrets()


def secrets(host: str, user: str = "keptn", password: str = "right") -> MemorySecrets:
    made = MemorySecrets()
    made.put(f"registry-{host}", {"user": user, "password": password})
    return made


def basic(user: str = "keptn", password: str = "right") -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


HOSTED = {
    # docs.docker.com/reference/api/registry/auth: a challenge, and a token for everybody
    "Docker Hub": (
        "carts:0.1",
        "https://registry-1.docker.io/v2/library/carts/manifests/0.1",
        'Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/carts:pull"',
        "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Alibrary%2Fcarts%3Apull",
        {"token": "T", "expires_in": 300},
    ),
    # github.com/openai/tunnel-client/issues/75: what is asked for a public image
    "GHCR": (
        "ghcr.io/keptn/carts:0.1",
        "https://ghcr.io/v2/keptn/carts/manifests/0.1",
        'Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:keptn/carts:pull"',
        "https://ghcr.io/token?service=ghcr.io&scope=repository%3Akeptn%2Fcarts%3Apull",
        {"token": "T"},
    ),
    # github.com/apple/container/issues/1026: it does not always name a service; nor, then, a scope
    "Artifact Registry": (
        "us-central1-docker.pkg.dev/project/repo/carts:0.1",
        "https://us-central1-docker.pkg.dev/v2/project/repo/carts/manifests/0.1",
        'Bearer realm="https://us-central1-docker.pkg.dev/v2/token"',
        "https://us-central1-docker.pkg.dev/v2/token?scope=repository%3Aproject%2Frepo%2Fcarts%3Apull",
        {"token": "T", "expires_in": 3600},
    ),
    # azure.github.io/acr/Token-BasicAuth.html: access_token alone
    "ACR": (
        "contoso.azurecr.io/carts:0.1",
        "https://contoso.azurecr.io/v2/carts/manifests/0.1",
        'Bearer realm="https://contoso.azurecr.io/oauth2/token",service="contoso.azurecr.io",scope="repository:carts:pull"',
        "https://contoso.azurecr.io/oauth2/token?service=contoso.azurecr.io&scope=repository%3Acarts%3Apull",
        {"access_token": "T"},
    ),
    # github.com/goharbor/harbor/issues/17930, getChallenge: scopes joined by a space
    "Harbor": (
        "harbor.example.org/shop/carts:0.1",
        "https://harbor.example.org/v2/shop/carts/manifests/0.1",
        'Bearer realm="https://harbor.example.org/service/token",service="harbor-registry",'
        'scope="repository:shop/carts:pull repository:shop/base:pull"',
        "https://harbor.example.org/service/token?service=harbor-registry&scope=repository%3Ashop%2Fcarts%3Apull"
        "&scope=repository%3Ashop%2Fbase%3Apull",
        {"token": "T", "access_token": "", "expires_in": 1800},
    ),
}
"""Image; the manifest's URL; the challenge; where a token is asked; the answer."""
hosted = pytest.mark.parametrize(("image", "url", "challenge", "token_url", "token"), HOSTED.values(), ids=list(HOSTED))


def answering(wanted: str, challenge: str, found: HttpAnswer = FOUND) -> Callable[[Call], HttpAnswer]:
    """A registry that lets in who brings what it wants."""
    refused = HttpAnswer(status=401, headers={"www-authenticate": challenge})
    return lambda call: found if call.headers.get("authorization") == wanted else refused


@hosted
def test_hosted_registries_are_asked_for_a_token(image, url, challenge, token_url, token) -> None:
    """Anonymously, where no secret is; three requests, and the digest."""
    body = json.dumps(token).encode()
    http = MemoryHttp({url: answering("Bearer T", challenge), token_url: HttpAnswer(status=200, body=body)})
    assert OciRegistry(http, NONE).digest(image) == DIGEST
    asked = [(call.method, call.url) for call in http.calls if call.url != google_identity.TOKEN_URL]
    assert asked == [("HEAD", url), ("GET", token_url), ("HEAD", url)]
    assert set(http.calls[0].headers["accept"].split(", ")) == set(MANIFESTS)


@hosted
def test_a_login_goes_to_the_token_server_alone(image, url, challenge, token_url, token) -> None:
    """And not before it is asked for."""
    body = json.dumps(token).encode()
    http = MemoryHttp({url: answering("Bearer T", challenge), token_url: HttpAnswer(status=200, body=body)})
    OciRegistry(http, secrets(image_name.parse(image).host)).digest(image)
    sent = [call.headers.get("authorization") for call in http.calls]
    assert sent == [None, basic(), "Bearer T"]


def test_artifact_registry_is_told_who_the_pod_is() -> None:
    """Where there is no secret; the metadata server is asked as Google documents it."""
    image, url, challenge, token_url, token = HOSTED["Artifact Registry"]
    identity = {"access_token": "of-the-pod", "expires_in": 3599, "token_type": "Bearer"}
    http = MemoryHttp(
        {
            url: answering("Bearer T", challenge),
            google_identity.TOKEN_URL: HttpAnswer(status=200, body=json.dumps(identity).encode()),
            token_url: HttpAnswer(status=200, body=json.dumps(token).encode()),
        }
    )
    assert OciRegistry(http, NONE).digest(image) == DIGEST
    (asked,) = [call for call in http.calls if call.url == google_identity.TOKEN_URL]
    assert (asked.method, asked.headers["metadata-flavor"]) == ("GET", "Google")
    (traded,) = [call for call in http.calls if call.url == token_url]
    assert traded.headers["authorization"] == basic("oauth2accesstoken", "of-the-pod")


@pytest.mark.parametrize("answer", [HttpAnswer(status=0), HttpAnswer(status=404), HttpAnswer(status=200, body=b"[1]")])
def test_a_pod_that_is_nobody_asks_as_nobody(answer: HttpAnswer) -> None:
    image, url, challenge, token_url, _ = HOSTED["Artifact Registry"]
    denied = HttpAnswer(status=403)
    http = MemoryHttp({url: answering("Bearer T", challenge), google_identity.TOKEN_URL: answer, token_url: denied})
    with pytest.raises(Unavailable, match=r"roles/artifactregistry\.reader there, or keptn create secret registry-us-"):
        OciRegistry(http, NONE).digest(image)
    assert [call.headers.get("authorization") for call in http.calls if call.url == token_url] == [None]


@pytest.mark.parametrize("name", sorted(set(HOSTED) - {"Artifact Registry"}))
def test_no_other_registry_is_shown_it(name: str) -> None:
    """Nor is anybody asked for it."""
    image, url, challenge, token_url, _ = HOSTED[name]
    http = MemoryHttp({url: answering("Bearer T", challenge), token_url: HttpAnswer(status=403)})
    with pytest.raises(Unavailable):
        OciRegistry(http, NONE).digest(image)
    assert [call.url for call in http.calls] == [url, token_url]


def test_ecr_wants_the_login_itself() -> None:
    """User AWS and a password of twelve hours (docs.aws.amazon.com, "Private registry authentication").

    The challenge: github.com/mayflower/docker-ls/issues/28.
    """
    host = "111122223333.dkr.ecr.eu-west-1.amazonaws.com"
    url, login = f"https://{host}/v2/carts/manifests/0.1", basic("AWS", "of-today")
    http = MemoryHttp({url: answering(login, f'Basic realm="https://{host}/",service="ecr.amazonaws.com"')})
    assert OciRegistry(http, secrets(host, "AWS", "of-today\n")).digest(f"{host}/carts:0.1") == DIGEST
    assert [call.headers.get("authorization") for call in http.calls] == [None, login]


def test_a_token_without_rights_is_no_access() -> None:
    """Harbor gives a token for anything, and then says Basic (github.com/goharbor/harbor/issues/23799)."""
    image, url, first, token_url, token = HOSTED["Harbor"]
    wanted, given = iter([first, 'Basic realm="harbor"']), HttpAnswer(status=200, body=json.dumps(token).encode())
    refused = lambda _: HttpAnswer(status=401, headers={"www-authenticate": next(wanted)})  # noqa: E731
    http = MemoryHttp({url: refused, token_url: given})
    with pytest.raises(Unavailable, match="does not let keptn read shop/carts:"):
        OciRegistry(http, secrets("harbor.example.org")).digest(image)
    assert len(http.calls) == 3


@pytest.mark.parametrize("status", [401, 403])
def test_a_token_that_is_denied_is_no_access(status: int) -> None:
    """GHCR says so where an image is not public (github.com/openai/tunnel-client/issues/75)."""
    image, url, challenge, token_url, _ = HOSTED["GHCR"]
    http = MemoryHttp({url: answering("Bearer T", challenge), token_url: HttpAnswer(status=status)})
    with pytest.raises(Unavailable, match=rf"\({status}\): if it exists, it is not public; .*secret registry-ghcr\.io"):
        OciRegistry(http, secrets("ghcr.io.example.org")).digest(image)
