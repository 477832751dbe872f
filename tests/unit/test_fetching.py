"""The safe fetcher, against real servers on 127.0.0.1, which it only asks where that is opened to it."""

from __future__ import annotations

import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_address

import pytest
from ckanext.gobiernoabierto.lib import fetching
from ckanext.gobiernoabierto.lib.fetching import FetchError, Reason, Rules, fetch
from hypothesis import given
from hypothesis import strategies as st

OPEN = Rules(open_networks=("127.0.0.0/8",), seconds=3)
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/csv; charset=utf-8\r\nContent-Length: 4\r\n\r\na,b\n"


@dataclass
class Server:
    """What answers on a port of 127.0.0.1, and what it was asked."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(answer: Callable[[socket.socket, bytes], None], wrap: ssl.SSLContext | None = None):
    """Serve each connection by ``answer``, one after the other."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = Server(listening.getsockname()[1])

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                    with wrap.wrap_socket(connection, server_side=True) if wrap else connection as each:
                        asked = each.recv(65536)
                        server.asked.append(asked)
                        answer(each, asked)
                except ssl.SSLError:
                    continue
                except ConnectionError:
                    continue
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        try:
            yield server
        finally:
            listening.shutdown(socket.SHUT_RDWR)


def says(text: bytes) -> Callable[[socket.socket, bytes], None]:
    """Answer everything with this text."""
    return lambda connection, _asked: connection.sendall(text)


def leads_to(*addresses: str) -> Callable[[socket.socket, bytes], None]:
    """Redirect to these addresses, one after the other, and answer 200 after the last one."""
    left = list(addresses)

    def answer(connection: socket.socket, _asked: bytes) -> None:
        further = (
            f"HTTP/1.1 302 Found\r\nLocation: {left.pop(0)}\r\nContent-Length: 0\r\n\r\n" if left else ""
        )
        connection.sendall(further.encode() or OK)

    return answer


def refused(url: str, rules: Rules = OPEN) -> Reason:
    """Return why an address is not fetched."""
    with pytest.raises(FetchError) as failed:
        fetch(url, rules)
    return failed.value.reason


@pytest.fixture
def site() -> Iterator[Server]:
    """A server that answers 200."""
    with serving(says(OK)) as server:
        yield server


def test_what_an_address_answers(site):
    """Status, kind and text; asked for without naming anybody but the site."""
    answer = fetch(f"{site.url}/año?q=ñ", OPEN)
    assert (answer.status, answer.media_type, answer.body) == (200, "text/csv", b"a,b\n")
    assert site.asked[0].startswith(b"GET /a%C3%B1o?q=%C3%B1 HTTP/1.1\r\n")
    assert f"Host: 127.0.0.1:{site.port}".encode() in site.asked[0]
    assert fetch(site.url, OPEN, body=False).body == b""


@pytest.mark.parametrize("status", [204, 404, 410, 500])
def test_a_refusal_is_an_answer_too(status):
    """What it means is for the caller to say."""
    with serving(says(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n".encode())) as server:
        assert fetch(server.url, OPEN).status == status


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_this_computer_is_not_asked(site, host):
    """However it is written: no connection reaches it."""
    assert refused(f"http://{host}:{site.port}/", Rules()) is Reason.PRIVATE
    assert not site.asked


@pytest.mark.parametrize(
    "address",
    [
        *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1"),
        *("255.255.255.255", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1", "ff02::1", "64:ff9b::a00:1"),
        *("2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "::7f00:1", "::ffff:10.0.0.1"),
    ],
)
def test_private_addresses_are_not_public(address):
    """Neither those of IPv4 nor those of IPv6, nor what hides one within the other."""
    assert not fetching.is_public(ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "190.149.0.1", "2800:98::1", "::ffff:8.8.8.8"])
def test_other_addresses_are_public(address):
    """A site in Guatemala is."""
    assert fetching.is_public(ip_address(address))


@given(st.ip_addresses(network="127.0.0.0/8") | st.ip_addresses(network="10.0.0.0/8"))
def test_no_address_of_a_private_network_is_public(address):
    """Whatever it is."""
    assert not fetching.is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        *(
            "file:///etc/passwd",
            "ftp://example.org/",
            "gopher://example.org/",
            "javascript:alert(1)",
            "/x",
            "",
        ),
        *("http://", "http://user:secret@example.org/", "http://[::1", "http://example.org:0/"),
        *("http://example.org:99999/", "http://a..b/"),
    ],
)
def test_only_addresses_of_the_web_are_asked(url):
    """Neither files nor other protocols, nor what no client may write."""
    assert refused(url) is Reason.ADDRESS


def test_a_redirect_is_followed(site):
    """Also a relative one, and the answer says where it is from."""
    with serving(leads_to("/b", f"{site.url}/c")) as first:
        assert fetch(f"{first.url}/a", OPEN).url == f"{site.url}/c"


def test_a_redirect_into_a_private_network_is_not_followed(site):
    """The second address is checked as the first one was; nothing reaches it."""
    with serving(leads_to(f"http://127.0.0.2:{site.port}/")) as first:
        rules = Rules(open_networks=("127.0.0.1",))
        assert refused(first.url, rules) is Reason.PRIVATE
    with serving(leads_to("file:///etc/passwd")) as first:
        assert refused(first.url) is Reason.ADDRESS
    assert not site.asked


def test_redirects_end():
    """After as many as the rules allow."""
    with serving(leads_to(*["/again"] * 9)) as server:
        assert refused(server.url) is Reason.REDIRECTS
        assert len(server.asked) == OPEN.redirects + 1


def test_the_name_is_resolved_once_and_its_address_kept(site, monkeypatch):
    """A name that is public when it is checked and private when it is asked reaches nothing."""
    resolve, names = socket.getaddrinfo, []

    def rebinding(host, port, *args, **options):
        names.append(host)
        return resolve("127.0.0.1" if host == "datos.example" else host, port, *args, **options)

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert fetch(f"http://datos.example:{site.port}/", OPEN).status == 200
    assert names.count("datos.example") == 1
    assert f"Host: datos.example:{site.port}".encode() in site.asked[0]


@pytest.mark.parametrize(
    ("failed", "reason"),
    [(socket.EAI_NONAME, Reason.NAME), (socket.EAI_AGAIN, Reason.OFFLINE)],
)
def test_a_name_that_is_none_is_told_from_no_network(monkeypatch, failed, reason):
    """As the resolver tells them apart."""

    def fail(*_args, **_options):
        raise socket.gaierror(failed, "x")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert refused("https://datos.example/") is reason


def test_nobody_there():
    """A port where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    assert refused(f"http://127.0.0.1:{port}/") is Reason.UNREACHABLE


@pytest.mark.long
@pytest.mark.parametrize(
    "slowly", [b"", b"HTTP/1.1 200 OK\r\nX: " + b"y" * 60, OK.replace(b"4", b"90") + b"z" * 60]
)
def test_the_time_ends_whatever_is_sent(slowly):
    """Nothing at all, a header or a text that comes byte by byte."""

    def answer(connection: socket.socket, _asked: bytes) -> None:
        for byte in slowly or b"":
            connection.sendall(bytes([byte]))
            time.sleep(0.1)
        time.sleep(3)

    with serving(answer) as server:
        rules = Rules(open_networks=("127.0.0.1",), seconds=1)
        began = time.monotonic()
        assert refused(server.url, rules) is Reason.TIME
        assert time.monotonic() - began < 2
        if b"\r\n\r\n" not in slowly:
            with pytest.raises(FetchError) as headers:
                fetch(server.url, rules, body=False)
            assert headers.value.reason is Reason.TIME


def test_a_text_without_end_is_cut():
    """After what the rules allow; where nobody wants the text it does not matter."""
    with serving(says(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 5000)) as server:
        rules = Rules(open_networks=("127.0.0.1",), most_bytes=4096)
        assert refused(server.url, rules) is Reason.SIZE
        assert fetch(server.url, rules, body=False).status == 200


@pytest.mark.parametrize("text", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200])
def test_what_is_no_answer_of_the_web(text):
    """Another protocol, an empty one, or headers without end."""
    with serving(says(text)) as server:
        assert refused(server.url) in (Reason.PROTOCOL, Reason.UNREACHABLE)


@pytest.fixture
def secure(tmp_path):
    """A TLS context with a certificate for localhost that nobody trusts, and its file."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", *name]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context, str(certificate)


def test_a_certificate_is_checked_for_the_name(secure, monkeypatch):
    """One that nobody trusts is refused; with a trusted one the name has to fit."""
    context, certificate = secure
    with serving(says(OK), context) as server:
        url = f"https://localhost:{server.port}/"
        opened = Rules(open_networks=("127.0.0.0/8", "::1"))
        assert refused(url, opened) is Reason.TLS
        monkeypatch.setenv("SSL_CERT_FILE", certificate)
        assert fetch(url, opened).status == 200
        assert refused(f"https://127.0.0.1:{server.port}/", opened) is Reason.TLS


def test_through_a_proxy_the_checked_address_is_asked_for(site):
    """The proxy gets an address and no name; a private one it is not asked for."""

    def tunnel(connection: socket.socket, asked: bytes) -> None:
        host, _, port = asked.split()[1].decode().rpartition(":")
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        with socket.create_connection((host, int(port))) as further:
            further.sendall(connection.recv(65536))
            connection.sendall(further.recv(65536))

    with serving(tunnel) as proxy:
        rules = Rules(proxy=proxy.url, open_networks=("127.0.0.1",))
        assert fetch(f"http://127.0.0.1:{site.port}/", rules).body == b"a,b\n"
        assert proxy.asked[0].startswith(f"CONNECT 127.0.0.1:{site.port} HTTP/1.1\r\n".encode())
        assert refused("http://10.0.0.1/", rules) is Reason.PRIVATE
        assert len(proxy.asked) == 1
    with serving(says(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")) as proxy:
        rules = Rules(proxy=proxy.url, open_networks=("127.0.0.1",))
        assert refused(site.url, rules) is Reason.UNREACHABLE
    assert refused(site.url, Rules(proxy=proxy.url, open_networks=("127.0.0.1",))) is Reason.OFFLINE
