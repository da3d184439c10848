"""Any registry with the HTTP API of the OCI Distribution Specification: Docker Hub, GHCR, Artifact Registry, ECR, ACR …

A tag's digest is a header of its manifest. The manifest's kind does not matter, an index is as good as an image: what
is deployed under the digest is what a node would pull under the tag. Its platforms stand in an index, or in an image's
configuration, a blob, for which many a registry sends one on to where it stores them.

Who is there is told when the registry asks (`WWW-Authenticate`): user and password of the secret `registry-<host>` (a
colon is a hyphen there), traded for a token where it wants one; without that secret, nobody, or at Google's registries
who the pod is (google_identity.py). Plain HTTP is spoken only with hosts that are this machine, end in .local or
.localhost, or are named by KEPTN_INSECURE_REGISTRIES.
"""

from __future__ import annotations

import base64
import hashlib
import ipaddress
import json
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any
from urllib.parse import SplitResult, urlencode, urljoin, urlsplit

from keptn.adapters.registry import challenge, google_identity, image_name, manifest_platforms
from keptn.adapters.registry.image_name import ImageName
from keptn.adapters.registry.unknown_image import unknown_image
from keptn.errors import KeptnError, Refused, Unavailable, Unknown
from keptn.names import check_digest, shown_url
from keptn.ports import Http, HttpAnswer, Secrets
from keptn.settings import Settings

TIMEOUT_S = 5.0
"""For each of the two to four questions, seconds."""
MANIFESTS = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
"""All that a node can run. Where all are accepted no registry turns one into another: the digest is what was pushed."""
MOST_TAGS = 1000
MOST_UNSAID = 4
"""Entries of an index, and of the one around it, that name no platform and are read, by two questions or three each."""
_PLAIN = ("localhost", "*.localhost", "*.local")


class OciRegistry:
    """insecure: hosts that may speak plain HTTP beside those that always may; globs, with spaces."""

    def __init__(self, http: Http, secrets: Secrets, *, insecure: str = "") -> None:
        self._http, self._secrets = http, secrets
        self._plain = (*_PLAIN, *insecure.lower().replace(",", " ").split())

    @classmethod
    def open(cls, *, settings: Settings, http: Http, secrets: Secrets) -> OciRegistry:
        return cls(http, secrets, insecure=settings.insecure_registries)

    def digest(self, image: str) -> str:
        name = image_name.parse(image)
        return name.digest or _Conversation(name, self._http, self._secrets, plain=self._plain).digest()

    def platforms(self, image: str) -> frozenset[str]:
        name = image_name.parse(image)
        return _Conversation(name, self._http, self._secrets, plain=self._plain).platforms()


class _Conversation:
    """One question and what it takes to have it answered; keeps the scheme and the login that the registry took."""

    def __init__(self, name: ImageName, http: Http, secrets: Secrets, *, plain: Sequence[str]) -> None:
        self._name, self._http, self._secrets, self._plain = name, http, secrets, plain
        self._schemes = ("https", "http") if self._may_be_plain(name.api) else ("https",)
        self._login: Mapping[str, str] = {}

    def digest(self) -> str:
        manifest = f"manifests/{self._name.tag}"
        answer = self._ask("HEAD", manifest)
        if answer.status == 200 and (found := _announced(answer)):
            return found
        if answer.status in (200, 405):  # it does not say, or knows no HEAD
            answer = self._ask("GET", manifest)
        return _counted(self._manifest(answer))

    def platforms(self) -> frozenset[str]:
        """Two questions at least, and three where the configuration is stored elsewhere.

        As many for each entry of an index that does not say for what it is.
        """
        tag_or_digest = self._name.digest or self._name.tag
        body = self._manifest(self._ask("GET", f"manifests/{tag_or_digest}"))
        return self._platforms_of(self._checked(body, self._name.digest or _counted(body)), left=MOST_UNSAID)

    def _platforms_of(self, manifest: Mapping[str, Any], *, left: int) -> frozenset[str]:
        """left: as of MOST_UNSAID. Indexes stand in indexes."""
        if "manifests" not in manifest:
            return self._platforms_of_image(manifest)
        found, unsaid = manifest_platforms.of_index(manifest), manifest_platforms.unsaid(manifest, kinds=MANIFESTS)
        if (left := left - len(unsaid)) < 0:
            raise Refused(
                f"the index {self._name} in {self._where} has more than {MOST_UNSAID} entries that name no platform; "
                "let what builds it name them"
            )
        for digest in map(check_digest, unsaid):
            answer = self._ask("GET", f"manifests/{digest}")
            if answer.status != 404:  # an index may name what is not there: no node can run that
                found |= self._platforms_of(self._checked(self._manifest(answer), digest), left=left)
        return found

    def _checked(self, body: bytes, digest: str) -> Mapping[str, Any]:
        if _counted(body) != digest:
            raise Unavailable(f"{self._where} answers for {self._name} with what has not the digest {digest}")
        return _json(body)

    def _platforms_of_image(self, manifest: Mapping[str, Any]) -> frozenset[str]:
        config = manifest.get("config")
        digest = check_digest(config.get("digest") if isinstance(config, dict) else None)
        return manifest_platforms.of_config(_json(self._blob(digest)))

    def _manifest(self, answer: HttpAnswer) -> bytes:
        """What was answered, if it is one."""
        if answer.status == 404:
            raise self._unknown()
        if answer.status != 200:
            raise self._refusal(answer)
        if answer.headers.get("content-type", "").partition(";")[0].strip() not in MANIFESTS:
            raise Refused(f"{self._where} answers for {self._name} with no manifest that can be run; is it an image?")
        return answer.body

    def _blob(self, digest: str) -> bytes:
        """From the registry, or from one other place, which is told nothing: the URL lets in who has it.

        Source: OCI Distribution Specification, "Pulling blobs"; github.com/open-policy-agent/opa/issues/6580: S3
        refuses a request that brings the registry's login, too.
        """
        what = f"blobs/{digest}"
        answer, where = self._ask("GET", what), self._where
        if answer.status in (301, 302, 303, 307, 308):
            here = f"{self._schemes[0]}://{self._name.api}/v2/{self._name.repository}/{what}"
            answer, where = self._elsewhere(_joined(here, answer.headers.get("location", "")))
        if answer.status in (401, 403, 429) and where == self._where:
            raise self._refusal(answer)
        if answer.status != 200:
            raise Unavailable(
                f"{where} answered {answer.status} when it was asked for the configuration of {self._name}"
            )
        if _counted(answer.body) != digest:
            raise Unavailable(f"{where} answers for the configuration of {self._name} with what has not its digest")
        return answer.body

    def _elsewhere(self, url: str) -> tuple[HttpAnswer, str]:
        """What is answered there, and who answers."""
        place = _parts(url)
        is_plain = place.scheme == "http" and self._schemes == ("http",) and self._may_be_plain(place.netloc)
        if place.scheme != "https" and not is_plain:
            shown = shown_url(url)[:200]
            raise Refused(f"{self._where} sends keptn to {shown!r} for {self._name}, which is no https URL")
        where = f"{place.netloc.rpartition('@')[2]}, to which {self._where} sends keptn,"
        try:
            return self._http.request("GET", url, timeout_s=TIMEOUT_S), where
        except Unavailable as exc:
            raise Unavailable(f"{self._where} stores {self._name} elsewhere, and {exc}") from exc

    def _unknown(self) -> Unknown:
        answer = self._ask("GET", f"tags/list?n={MOST_TAGS}")
        tags = _json(answer.body).get("tags") if answer.status == 200 else None
        if not tags and answer.status not in (200, 404):
            return Unknown(f"there is no image {self._name} in {self._where}; push it first")
        return unknown_image(str(self._name), tags=[str(tag) for tag in tags or ()], where=self._where)

    def _ask(self, method: str, what: str) -> HttpAnswer:
        answer = self._sent(method, what)
        if answer.status == 401 and not self._login:
            self._login = self._answer_to(challenge.parse(answer.headers.get("www-authenticate", "")))
            answer = self._sent(method, what) if self._login else answer
        return answer

    def _sent(self, method: str, what: str) -> HttpAnswer:
        """Over HTTPS first, wherever it may be plain HTTP, too; then over what was answered."""
        accept = "*/*" if what.startswith("blobs/") else ", ".join(MANIFESTS)
        headers, failed = {"accept": accept, **self._login}, None
        for scheme in self._schemes:
            url = f"{scheme}://{self._name.api}/v2/{self._name.repository}/{what}"
            try:
                answer = self._http.request(method, url, headers=headers, timeout_s=TIMEOUT_S)
            except Unavailable as exc:
                failed = failed or exc
                continue
            if failed and answer.status == 400:  # how an HTTPS server answers plain HTTP
                break
            self._schemes = (scheme,)
            return answer
        raise Unavailable(f"image {self._name} cannot be looked up in {self._where}: {failed}") from failed

    def _answer_to(self, challenges: Mapping[str, Mapping[str, str]]) -> Mapping[str, str]:
        """The header that the registry wants; none if there is nothing to tell it."""
        user, password = (self._secrets.get(self._secret, key) for key in ("user", "password"))
        if not password and google_identity.is_google(self._name.host):
            user, password = google_identity.USER, google_identity.token(self._http)
        login: dict[str, str] = {}
        if password:
            pair = f"{(user or '').strip()}:{password.strip()}"
            login = {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
        if "bearer" in challenges:
            return {"authorization": f"Bearer {self._token(challenges['bearer'], login)}"}
        return login if "basic" in challenges else {}

    def _token(self, wanted: Mapping[str, str], login: Mapping[str, str]) -> str:
        """Source: distribution, "Token Authentication Specification": the scopes of the challenge, one by one."""
        realm = wanted.get("realm", "")
        place = _parts(realm)
        if place.scheme != "https" and not (place.scheme == "http" and self._may_be_plain(place.netloc)):
            raise Refused(f"{self._where} sends keptn to {shown_url(realm)[:200]!r} for a token, which is no https URL")
        scopes = wanted.get("scope", "").split() or [f"repository:{self._name.repository}:pull"]
        service = [("service", wanted["service"])] if wanted.get("service") else []
        query = urlencode([*service, *(("scope", scope) for scope in scopes)])
        url = f"{realm}{'&' if '?' in realm else '?'}{query}"
        try:
            answer = self._http.request("GET", url, headers=login, timeout_s=TIMEOUT_S)
        except Unavailable as exc:
            raise Unavailable(f"{self._where} has {self._name} for those with a token alone, and {exc}") from exc
        if answer.status != 200:
            raise self._refusal(answer)
        given = _json(answer.body)
        if token := given.get("token") or given.get("access_token"):
            return str(token)
        raise Unavailable(f"{place.netloc} gives keptn no token for {self._name} in {self._where}")

    def _refusal(self, answer: HttpAnswer) -> KeptnError:
        status, name, where = answer.status, self._name, self._where
        if status in (401, 403):
            return Unavailable(f"{where} does not let keptn read {name} ({status}): {self._advice()}")
        if status == 429:
            return Unavailable(f"{where} has been asked too often (429) to say what {name} is; it is asked again later")
        if 300 <= status < 400:
            there = _parts(answer.headers.get("location", "")).netloc.rpartition("@")[2] or "another place"
            return Refused(f"{where} sends keptn to {there} for {name}; name that registry in the image")
        if status == 400:
            return Refused(f"{where} does not take the name {name} (400); correct it")
        return Unavailable(f"{where} answered {status} when it was asked for {name}")

    def _advice(self) -> str:
        if self._secrets.get(self._secret, "password"):
            return f"renew user and password of the secret {self._secret}, or give that user the right to pull"
        if google_identity.is_google(self._name.host):
            granted = "give the pod's account roles/artifactregistry.reader there"
            return f"if it exists, {granted}, or keptn create secret {self._secret}, with the keys user and password"
        return f"if it exists, it is not public; keptn create secret {self._secret}, with the keys user and password"

    @property
    def _where(self) -> str:
        return f"the registry {self._name.host}"

    @property
    def _secret(self) -> str:
        return f"registry-{self._name.host.replace(':', '-')}"

    def _may_be_plain(self, host: str) -> bool:
        """host: with its port; a pattern may name it with or without."""
        bare = host.rpartition(":")[0] or host
        return _is_this_machine(bare) or any(fnmatchcase(one, glob) for one in (host, bare) for glob in self._plain)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _parts(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def _announced(answer: HttpAnswer) -> str:
    try:
        return check_digest(answer.headers.get("docker-content-digest"))
    except Refused:
        return ""


def _counted(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


def _joined(base: str, url: str) -> str:
    """A redirect may be relative (RFC 9110, 10.2.2)."""
    try:
        return urljoin(base, url)
    except ValueError:
        return url


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
