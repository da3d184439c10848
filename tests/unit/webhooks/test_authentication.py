"""Who sends a notification: tokens in every place, signatures of every form."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keptn.adapters.secrets.memory import MemorySecrets
from keptn.context import Context
from keptn.settings import Settings
from keptn.web import HttpError, Request
from keptn.webhooks import authentication
from keptn.webhooks.authentication import ANY_TOKEN, GITHUB, MONITORS, REGISTRIES, Signature, Token

TOKEN = "sockshop.carts.x"
BODY = b'{"action": "push"}'
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STANDARD = Signature(
    header="webhook-signature",
    prefix="v1,",
    encoding="base64",
    signed="{webhook-id}.{webhook-timestamp}.{body}",
    timestamp="webhook-timestamp",
    key="base64",
)


class Clock:
    def __init__(self, now=NOW):
        self.now = lambda: now


class CountedSecrets(MemorySecrets):
    """Counts reads."""

    def __init__(self, **tokens):
        super().__init__()
        self.reads = 0
        for name, token in tokens.items():
            self.put(name.replace("__", "."), {"token": token})

    def get(self, name, key):
        self.reads += 1
        return super().get(name, key)


def context(now=NOW, **tokens):
    known = {"hooks": "everywhere older", "hook-problems": "trouble", "hook-problems-sockshop": "sockshop.trouble"}
    return Context(
        Settings(), secrets=CountedSecrets(**{"hook-sockshop.carts": TOKEN, **known, **tokens}), clock=Clock(now)
    )


def opened(check, request, *, door=REGISTRIES, ctx=None):
    return authentication.opened(request, [check], door, ctx or context())


def hex_of(body=BODY, token="everywhere"):
    return hmac.new(token.encode(), body, hashlib.sha256).hexdigest()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "request_",
    [
        Request(headers={"authorization": f"Bearer {TOKEN}"}),
        Request(headers={"authorization": f"bearer  {TOKEN} "}),
        Request(headers={"authorization": TOKEN}),
        Request(headers={"authorization": basic("keptn", TOKEN)}),
        Request(headers={"authorization": basic("", TOKEN)}),
        Request(headers={"x-token": TOKEN}),
        Request(query={"token": TOKEN}),
    ],
)
def test_a_token_may_come_in_every_way_that_a_sender_has(request_):
    """As bearer, as the password of anybody, as it is in a field that is sent verbatim, or in the URL."""
    assert opened(ANY_TOKEN, request_) == "hook-sockshop.carts"


@pytest.mark.parametrize(
    ("place", "fits"),
    [
        ("bearer", {"authorization": f"Bearer {TOKEN}"}),
        ("basic", {"authorization": basic("x", TOKEN)}),
        ("x-gitlab-token", {"x-gitlab-token": TOKEN}),
    ],
)
def test_a_mapping_may_say_where_the_token_is(place, fits):
    """Then it counts nowhere else."""
    assert opened(Token(place=place), Request(headers=fits)) == "hook-sockshop.carts"
    for elsewhere in (Request(headers={"x-token": TOKEN}), Request(query={"token": TOKEN}), Request()):
        with pytest.raises(HttpError, match="a token is missing") as refused:
            opened(Token(place=place), elsewhere)
        assert refused.value.status == 401


@pytest.mark.parametrize("credentials", ["", "!", "a29tbWE=", "w7w6", "Og==", "8J+Y", base64.b64encode(b":x").decode()])
def test_credentials_that_are_none_open_nothing(credentials):
    """No base64, no colon, no UTF-8, no password, a wrong one."""
    with pytest.raises(HttpError):
        opened(Token(place="basic"), Request(headers={"authorization": f"Basic {credentials}"}))


def signed(headers, *, query=None, body=BODY):
    return Request(headers=headers, query=query or {}, body=body)


def test_the_vector_that_github_publishes():
    """Source: GitHub, "Validating webhook deliveries"; its secret has blanks, so it could be none of ours."""
    given = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    assert GITHUB._fits(given, b"Hello, World!", [b"It's a Secret to Everybody"])
    assert not GITHUB._fits(given, b"Hello, World!", [b"It's a secret to Everybody"])


def test_the_vector_that_standard_webhooks_publishes():
    """Source: Standard Webhooks, "Signature scheme": the key in base64, id, time and body signed."""
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    ctx = context(now=datetime.fromtimestamp(1614265330 + 60, UTC), hooks="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    request = signed(headers, body=b'{"test": 2432232314}')
    assert opened(STANDARD, request, ctx=ctx) == "hooks"
    for late in (301, -301):
        then = datetime.fromtimestamp(1614265330, UTC) + timedelta(seconds=late)
        with pytest.raises(HttpError, match="signed more than 0:05:00 ago or ahead"):
            opened(STANDARD, request, ctx=context(now=then, hooks="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))


@pytest.mark.parametrize(
    ("check", "header"),
    [
        (Signature(header="x-s"), hex_of()),
        (Signature(header="x-s"), hex_of().upper()),
        (Signature(header="x-s"), f"{'0' * 64}, {hex_of()}"),
        (Signature(header="x-s"), hex_of(token="older")),
        (Signature(header="x-s", prefix="v1="), f"v1={'0' * 64},v1={hex_of()}"),
        (Signature(header="x-s", prefix="sha256="), f"sha256={hex_of()}"),
        (Signature(header="x-s", signed="v0:{x-t}:{body}"), hex_of(b"v0:7:" + BODY)),
        (
            Signature(header="x-s", algorithm="sha512", encoding="base64"),
            base64.b64encode(hmac.digest(b"everywhere", BODY, "sha512")).decode(),
        ),
    ],
)
def test_signatures_of_every_form(check, header):
    """Hexadecimal or base64, with a prefix, several of them, over the body or more; every active token counts."""
    assert opened(check, signed({"x-s": header, "x-t": "7"})) == "hooks"
    for wrong in (header[:-1], f"{header[:-1]}{'0' if header[-1] != '0' else '1'}", "", "ü", "v1=", "sha256="):
        with pytest.raises(HttpError, match="the signature in x-s is wrong") as refused:
            opened(check, signed({"x-s": wrong, "x-t": "7"}))
        assert refused.value.status == 401
    with pytest.raises(HttpError):
        opened(check, signed({"x-s": header, "x-t": "7"}, body=BODY + b" "))


def test_the_url_says_whose_secret_is_signed_with():
    """One secret is read, and none for a name that can be none."""
    own = {"x-hub-signature-256": f"sha256={hex_of(token=TOKEN)}"}
    assert opened(GITHUB, signed(own, query={"hook": "sockshop.carts"})) == "hook-sockshop.carts"
    for hook, reads in (("", 1), ("sockshop.orders", 1), ("sockshop", 0), ("a.b.c", 0), ("../x.y", 0), ("S.C", 0)):
        ctx = context()
        with pytest.raises(HttpError, match="is wrong"):
            opened(GITHUB, signed(own, query={"hook": hook}), ctx=ctx)
        assert ctx.secrets.reads == reads


def test_a_monitor_signs_with_a_projects_secret():
    """Or with that of all projects."""
    check = Signature(header="x-s")
    one = signed({"x-s": hex_of(token="sockshop.trouble")}, query={"hook": "sockshop"})
    assert opened(check, one, door=MONITORS) == "hook-problems-sockshop"
    assert opened(check, signed({"x-s": hex_of(token="trouble")}), door=MONITORS) == "hook-problems"
    with pytest.raises(HttpError):
        opened(check, signed({"x-s": hex_of(token="trouble")}, query={"hook": "sock.shop"}), door=MONITORS)


def test_a_wrong_signature_is_not_made_good_by_a_token():
    """Whoever signs is checked by that; whoever does not, by the token."""
    checks = (GITHUB, ANY_TOKEN)
    token = {"authorization": "Bearer everywhere"}
    assert authentication.opened(Request(headers=token), checks, REGISTRIES, context()) == "hooks"
    with pytest.raises(HttpError, match="the signature in x-hub-signature-256 is wrong"):
        authentication.opened(
            Request(headers={**token, "x-hub-signature-256": "sha256=0"}), checks, REGISTRIES, context()
        )


def test_what_is_signed_must_be_there():
    """The signature, a header that is a part of what is signed, and the time."""
    with pytest.raises(HttpError, match="a signature is missing, in the header webhook-signature"):
        opened(STANDARD, signed({}))
    with pytest.raises(HttpError, match="the header webhook-id is missing"):
        opened(STANDARD, signed({"webhook-signature": "v1,x", "webhook-timestamp": "1"}))
    for text in ("now", "-1", "1e3", "", "٣"):
        with pytest.raises(HttpError, match="no time in unix seconds"):
            opened(STANDARD, signed({"webhook-signature": "v1,x", "webhook-id": "1", "webhook-timestamp": text}))


@pytest.mark.parametrize("token", ["plain", "whsec_", "whsec_!"])
def test_a_key_that_is_no_base64_opens_nothing(token):
    """An empty key would be everybody's."""
    headers = {"webhook-id": "1", "webhook-timestamp": str(int(NOW.timestamp()))}
    message = f"1.{headers['webhook-timestamp']}.".encode() + BODY
    forged = base64.b64encode(hmac.digest(b"", message, "sha256")).decode()
    with pytest.raises(HttpError, match="is wrong"):
        opened(STANDARD, signed({**headers, "webhook-signature": f"v1,{forged}"}), ctx=context(hooks=token))


@given(
    body=st.binary(max_size=40),
    token=st.text(alphabet="abcXYZ019._-", min_size=1, max_size=40),
    check=st.builds(
        Signature,
        header=st.just("x-s"),
        prefix=st.sampled_from(["", "sha256=", "v1=", "v1,"]),
        encoding=st.sampled_from(["hex", "base64"]),
        algorithm=st.sampled_from(["sha256", "sha512"]),
        signed=st.sampled_from(["{body}", "{X-T}:{body}", "v0:{x-t}:{body}:{x-t}", "{body}{body}"]),
    ),
    other=st.binary(max_size=40),
)
def test_what_is_signed_opens_and_nothing_else(body, token, check, other):
    """Whoever signs as the check says is let in; with another body or another token nobody is."""
    message = check.signed.replace("{X-T}", "7").replace("{x-t}", "7").encode().replace(b"{body}", body)
    digest = hmac.digest(token.encode(), message, check.algorithm)
    text = digest.hex() if check.encoding == "hex" else base64.b64encode(digest).decode()
    headers = {"x-s": check.prefix + text, "x-t": "7"}
    assert opened(check, signed(headers, body=body), ctx=context(hooks=f"another {token}")) == "hooks"
    for forged, known in ((other, token), (body, f"{token}x")):
        if (forged, known) != (body, token):
            with pytest.raises(HttpError):
                opened(check, signed(headers, body=forged), ctx=context(hooks=known))


texts = st.text(max_size=40)
CHECKS = (ANY_TOKEN, GITHUB, STANDARD, Token(place="basic"), Token(place="bearer"), Token(place="x-s"))


@given(
    check=st.sampled_from(CHECKS),
    headers=st.dictionaries(
        st.sampled_from(
            [
                "authorization",
                "x-token",
                "x-s",
                "x-hub-signature-256",
                "webhook-id",
                "webhook-timestamp",
                "webhook-signature",
            ]
        ),
        texts | texts.map(lambda text: f"Basic {text}") | texts.map(lambda text: f"v1,{text}") | st.just("1795521600"),
    ),
    query=st.dictionaries(st.sampled_from(["token", "hook"]), texts),
    body=st.binary(max_size=20),
)
def test_whoever_does_not_know_a_secret_hears_a_sentence(check, headers, query, body):
    """Whatever stands in the request: 401, one read at most, no traceback."""
    ctx = context()
    with pytest.raises(HttpError) as refused:
        opened(check, Request(headers=headers, query=query, body=body), ctx=ctx)
    assert refused.value.status == 401
    assert ctx.secrets.reads <= 2
