"""Google as a push of Pub/Sub needs it: somebody who signs ID tokens, and an endpoint that gives his certificates.

The names are those of Google's documentation ("Authentication for push subscriptions").
"""

from __future__ import annotations

import base64
import datetime
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from keptn.adapters.http.memory import Call
from keptn.adapters.id_tokens.google import CERTS_URL
from keptn.ports import HttpAnswer

AUDIENCE = "https://receive-artifact.keptn.example.com"
ACCOUNT = "keptn-push@acme-prod.iam.gserviceaccount.com"
KEY = "7d680d8c70d44e947133cbd499ebc1a61c3d5abc"


@cache
def key_of(name: str) -> rsa.RSAPrivateKey:
    """A key of that name, the same in all tests: making one takes a tenth of a second."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate_of(name: str) -> str:
    """Its certificate in PEM, signed by itself, as Google's are."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "federated-signon.system.gserviceaccount.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=subject, public_key=key_of(name).public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=14))
        .sign(key_of(name), hashes.SHA256())
    )
    return made.public_bytes(serialization.Encoding.PEM).decode()


def token(*, signer: str = KEY, header: Mapping[str, object] | None = None, **claims: object) -> str:
    """An ID token as Pub/Sub sends it. signer: name of the key; header, claims: what is otherwise (None: not there)."""
    told = {"alg": "RS256", "kid": signer, "typ": "JWT", **(header or {})}
    now = int(time.time())
    said = {
        "aud": AUDIENCE,
        "azp": "113774264463038321964",
        "email": ACCOUNT,
        "email_verified": True,
        "exp": now + 3600,
        "iat": now,
        "iss": "https://accounts.google.com",
        "sub": "113774264463038321964",
        **claims,
    }
    parts = [_part({k: v for k, v in part.items() if v is not None}) for part in (told, said)]
    signed = ".".join(parts).encode()
    return f"{signed.decode()}.{base64url(_signature(told['alg'], signer, signed))}"


def certificates(*keys: str, max_age: int = 21600, **headers: str) -> HttpAnswer:
    """What the endpoint answers."""
    body = json.dumps({key: certificate_of(key) for key in keys}).encode()
    control = f"public, max-age={max_age}, must-revalidate, no-transform"
    return HttpAnswer(status=200, headers={"cache-control": control, **headers}, body=body)


class Certificates:
    """Google's endpoint, for `MemoryHttp`: it is asked as it wants to be. asked: how often."""

    def __init__(self, answer: HttpAnswer | None = None) -> None:
        self.answer, self.asked = answer or certificates(KEY), 0

    def __call__(self, call: Call) -> HttpAnswer:
        assert (call.method, call.url, call.body) == ("GET", CERTS_URL, b"")
        assert "authorization" not in call.headers
        self.asked += 1
        return self.answer


def _signature(algorithm: object, signer: str, signed: bytes) -> bytes:
    """HS256: with the certificate, which everybody knows, as the secret. none: without."""
    if algorithm == "RS256":
        return key_of(signer).sign(signed, padding.PKCS1v15(), hashes.SHA256())
    return hmac.digest(certificate_of(signer).encode(), signed, hashlib.sha256) if algorithm == "HS256" else b""


def _part(value: Mapping[str, object]) -> str:
    return base64url(json.dumps(value).encode())


def base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
