"""Where outgoing calls may lead: on the address that is really connected to, against a real server on loopback."""

import socket
from dataclasses import replace

import pytest

from keptn.adapters.http import reach
from keptn.adapters.http.httpx_client import HttpxHttp, OutgoingHttp
from keptn.adapters.http.reach import Reach
from keptn.errors import Refused, Unavailable
from keptn.settings import Settings

CLUSTER = Reach(refused=["loopback"])


@pytest.fixture
def names(monkeypatch):
    """What names mean here; a list is given out one answer after the other."""
    table: dict[str, list[list[str]]] = {}
    real = socket.getaddrinfo

    def looked_up(host, *rest, **more):
        if host not in table:
            return real(host, *rest, **more)
        answers = table[host]
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 0)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    return table


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/computeMetadata/v1/",
        "http://[::ffff:169.254.169.254]/",
        "http://[fe80::1]/",
        "http://2852039166/",
        "http://0xa9fea9fe/",
        "http://0/",
        "http://224.0.0.1/",
    ],
)
def test_the_link_is_never_called(url):
    """Where clouds keep the credentials of a machine; also on a laptop, however it is written."""
    with pytest.raises(Refused, match="keptn calls no link-local, metadata or multicast address"):
        HttpxHttp(reach=Reach()).request("GET", url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.1", "2130706433"])
def test_the_machine_itself_is_not_called_in_a_cluster(host):
    """A pod's own ports are nobody's business; it is refused before a connection, with the way out."""
    with pytest.raises(Refused, match=r"no loopback address; correct the url, or .* KEPTN_INSIDE_HOSTS"):
        HttpxHttp(reach=CLUSTER).request("GET", f"http://{host}:1/")


def test_on_a_laptop_it_is(endpoint):
    """Chats and monitors of a person's own."""
    assert HttpxHttp(reach=Reach()).request("POST", endpoint.url + "/", body=b"x").text == "x"


def test_a_host_that_the_operator_names_may_be_anywhere(endpoint):
    """By its name, as the URL has it."""
    assert HttpxHttp(reach=replace(CLUSTER, inside=["127.0.*"])).request("POST", endpoint.url + "/").status == 200


def test_private_addresses_are_refused_where_the_operator_says_so():
    """Elsewhere a cluster's own services may be called."""
    with pytest.raises(Refused, match="no private address"):
        HttpxHttp(reach=Reach(refused=["private"])).request("GET", "http://10.0.0.1:1/")


def test_only_hosts_of_the_list_are_called(endpoint):
    """Where there is one; nobody is connected to before."""
    with pytest.raises(Refused, match=r"host '127\.0\.0\.1' is not among .* KEPTN_OUTGOING_HOSTS"):
        HttpxHttp(reach=Reach(hosts=["*.example"])).request("GET", endpoint.url)
    assert not endpoint.calls


def test_a_name_that_changes_its_meaning_is_of_no_use(names, endpoint):
    """What is connected to is an address that was checked: there is no second look at the name."""
    port = endpoint.url.rpartition(":")[2]
    names["rebound.example"] = [["127.0.0.1"], ["169.254.169.254"]]
    http = HttpxHttp(reach=Reach())
    assert http.request("POST", f"http://rebound.example:{port}/", body=b"x").text == "x"
    assert endpoint.calls[0][2]["host"] == f"rebound.example:{port}"
    names["other.example"] = [["169.254.169.254"], ["127.0.0.1"]]
    with pytest.raises(Refused, match=r"other\.example leads to 169\.254\.169\.254"):
        http.request("GET", f"http://other.example:{port}/")


def test_of_several_addresses_the_others_are_tried(names, endpoint, free_port):
    """One that is refused is left out, one where nobody is does not end it."""
    port = endpoint.url.rpartition(":")[2]
    names["many.example"] = [["169.254.169.254", "127.0.0.2", "127.0.0.1"]]
    assert HttpxHttp(reach=Reach()).request("POST", f"http://many.example:{port}/").status == 200


def test_a_name_that_nobody_knows_may_be_there_later(names):
    """As without a rule."""
    names["new.example"] = [[]]
    with pytest.raises(Unavailable, match=r"nobody knows new\.example"):
        HttpxHttp(reach=Reach()).request("GET", "http://new.example/")


def test_a_redirect_is_not_followed(endpoint):
    """It is an answer: where it leads is not asked."""
    assert HttpxHttp(reach=Reach()).request("GET", endpoint.url + "/status/302").status == 302
    assert len(endpoint.calls) == 1


def test_a_proxy_is_not_a_way_around(monkeypatch, names):
    """What it connects to is what it knows; what is known here is checked here."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    names["inside.example"] = [["169.254.169.254"]]
    with pytest.raises(Refused, match="metadata"):
        HttpxHttp(reach=Reach()).request("GET", "http://inside.example/")
    names["outside.example"] = [["93.184.216.34"]]
    with pytest.raises(Unavailable):  # the proxy, which may be anywhere, is not there
        HttpxHttp(reach=CLUSTER).request("GET", "http://outside.example/")


def test_the_settings_say_it():
    """In a cluster, where nothing is set; a project's gate goes by its own list."""
    settings = Settings(outgoing_hosts="a.example, *.b.example", inside_hosts="Jira.Example", sli_hosts="c.example")
    assert reach.of(settings) == Reach(
        refused=["loopback"], inside=["jira.example"], hosts=["a.example", "*.b.example"]
    )
    assert reach.of_slis(settings).hosts == ["c.example"]
    with pytest.raises(Refused, match="no loopback"):
        OutgoingHttp.open(settings=Settings()).request("GET", "http://127.0.0.1:1/")


def test_what_would_be_refused_is_known_before(endpoint, names):
    """For who only wants to see what would be sent; nothing is connected to."""
    names["inside.example"] = [["169.254.169.254"]]
    http = HttpxHttp(reach=Reach(hosts=["127.0.0.1", "*.example"]))
    http.check(endpoint.url + "/x")
    for url, why in {
        "https://inside.example/x?hush": "metadata",
        "https://other.test/hush": "not among those",
        "http://[::1/hush": "not among those",
        "hooks.slack.com/hush": "no http or https URL",
    }.items():
        with pytest.raises(Refused, match=why) as caught:
            http.check(url)
        assert "hush" not in str(caught.value)
    assert not endpoint.calls
