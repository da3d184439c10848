"""Where a gateway is asked which revision it has, and what its answers mean."""

import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from keptn.adapters.router import gateway_probe
from keptn.adapters.router.gateway_listeners import Door
from keptn.adapters.router.gateway_probe import TIMES, Unreachable

CERTIFICATE = """-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgV1lW6VZ1NwhBETXT
SATrECRlI0HAYER2Qofd0RCfmOuhRANCAAQlNGTTi1NkwrEKnEdyTBD8UwwRV+K3
nlGtp1ri8h6KHyj67PTRc5Tjyd34TLDiLbklYraCWhCZmRiDvnuAwNCE
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBeTCCAR+gAwIBAgIUPCJDXjAYDHB2ps66azgreYDcKn0wCgYIKoZIzj0EAwIw
ETEPMA0GA1UEAwwGbm9ib2R5MCAXDTI2MTEyODAwMTcyOFoYDzIxMjYxMTA0MDAx
NzI4WjARMQ8wDQYDVQQDDAZub2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC
AAQlNGTTi1NkwrEKnEdyTBD8UwwRV+K3nlGtp1ri8h6KHyj67PTRc5Tjyd34TLDi
LbklYraCWhCZmRiDvnuAwNCEo1MwUTAdBgNVHQ4EFgQUSeBIljBviEdpWej51y8O
+NTItbQwHwYDVR0jBBgwFoAUSeBIljBviEdpWej51y8O+NTItbQwDwYDVR0TAQH/
BAUwAwEB/zAKBggqhkjOPQQDAgNIADBFAiEAkb9m3M45oYfciPeYigbrJiSLZm0m
GvfjaXVNtswU4DgCIHKh8j//EjNI0ZATj5vJVKVu75ECMFGIC7o9+mmBhOGn
-----END CERTIFICATE-----
"""
"""Signed by itself, for a name that nobody has; and its key."""


def asked(*found: Door) -> str:
    return gateway_probe.other(found, value="sockshop-prod.carts", fits=lambda one: one == "revision-7.keptn.invalid")


@pytest.fixture(params=["http", "https"])
def served(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Door, list[str], list[str]]]:
    """A gateway that gives the answers of a list, the last one again and again; and what it was asked."""
    answers, asked = ["7"], list[str]()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(" ".join((self.headers["Host"], self.path, self.headers["x-keptn-probe"])))
            answer = answers.pop(0) if len(answers) > 1 else answers[0]
            self.send_response(302 if answer.isdigit() else 404)
            if answer.isdigit():
                self.send_header("Location", f"http://revision-{answer}.keptn.invalid/keptn-probe")
            self.end_headers()

        def log_message(self, *args: object) -> None: ...

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if request.param == "https":
            (tmp_path / "both.pem").write_text(CERTIFICATE)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(tmp_path / "both.pem")
            context.sni_callback = lambda _socket, name, _context: asked.append(f"TLS {name}")
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield (
            Door(scheme=request.param, host="carts.test", port=server.server_port, address="127.0.0.1"),
            answers,
            asked,
        )
        server.shutdown()
        thread.join()


def test_it_is_asked_ten_times_by_its_host_name(served: tuple[Door, list[str], list[str]]) -> None:
    """Also in the handshake, whatever its certificate; and who has the revision is believed then."""
    door, _answers, heard = served
    assert asked(door) == ""
    assert [one for one in heard if "TLS" not in one] == ["carts.test /keptn-probe sockshop-prod.carts"] * TIMES
    assert heard.count("TLS carts.test") == (TIMES if door.scheme == "https" else 0)


@pytest.mark.parametrize(("late", "said"), [("6", "revision-6.keptn.invalid"), ("no", "404")])
def test_one_replica_that_is_late_is_enough_for_a_no(
    served: tuple[Door, list[str], list[str]], late: str, said: str
) -> None:
    door, answers, _asked = served
    answers[:] = [*["7"] * (TIMES - 1), late]
    assert asked(door) == f"{door.url} answers {said}"


def test_one_listener_that_has_it_is_enough_for_a_yes(served: tuple[Door, list[str], list[str]]) -> None:
    """Which of them the route hangs on, its status does not say."""
    door, answers, _asked = served
    closed, shut = replace(door, port=1), replace(door, shut="its listener https does not work: no certificate")
    assert asked(closed, shut, door) == ""
    answers[:] = ["no"] + ["7"] * TIMES
    other = replace(door, host="other.test")
    assert asked(other, door) == ""


def test_one_listener_that_has_another_revision_is_enough_for_a_no(served: tuple[Door, list[str], list[str]]) -> None:
    """A gateway may learn of the route listener by listener."""
    door, answers, _asked = served
    answers[:] = [*["7"] * TIMES, "6"]
    other = replace(door, host="other.test")
    assert asked(door, other) == f"{other.url} answers revision-6.keptn.invalid"


def test_a_way_of_its_own_leads_to_the_listener_of_its_scheme() -> None:
    """Nobody is asked for a certificate where there is none, nor takes a redirect to HTTPS for an answer."""
    plain = Door(scheme="http", host="carts.test", port=80, address="192.0.2.7")
    secure = replace(plain, scheme="https", port=443)
    for url, found in (("http://127.0.0.1:18081", replace(plain, port=18081)), ("https://127.0.0.1", secure)):
        assert gateway_probe.through(url, [secure, plain]) == [replace(found, address="127.0.0.1")]
    with pytest.raises(
        Unreachable, match=r"http://127\.0\.0\.1:18081 is http, and the route is served over https alone"
    ):
        gateway_probe.through("http://127.0.0.1:18081", [secure])
    assert gateway_probe.through("http://127.0.0.1:18081", []) == []


def test_who_cannot_be_asked_is_not_a_no() -> None:
    """Nor a yes: the caller decides, and the reason is there."""
    here = Door(scheme="http", host="carts.test", port=1, address="127.0.0.1")
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:1 does not answer .*refused"):
        asked(here)
    with pytest.raises(Unreachable, match="names no address"):
        asked(Door(scheme="http", host="carts.test", port=80))
    with pytest.raises(Unreachable, match="its listener https does not work"):
        asked(replace(here, shut="its listener https does not work: no certificate"))
    with pytest.raises(Unreachable, match="no listener"):
        asked()
