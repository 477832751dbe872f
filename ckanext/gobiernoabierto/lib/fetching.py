"""Fetch an address that somebody else wrote: the one way in which the site asks other computers for anything.

Only http and https, never a private network, each name resolved once and its address kept for the
connection, each redirect checked as the first address was, and bounds on time and size.
"""

from __future__ import annotations

import enum
import errno
import http.client
import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, quote, urljoin, urlsplit

PORTS = {"http": 80, "https": 443}
UNICAST = ip_network("2000::/3")
"""All that is given to anybody of IPv6."""
REDIRECTS = (301, 302, 303, 307, 308)
SAFE = "%/:=&?~+!$,;'@()*[]-._"

Address = IPv4Address | IPv6Address


class Reason(enum.Enum):
    """Why there is no answer."""

    ADDRESS = "not an address of the web"
    NAME = "no computer of that name"
    PRIVATE = "within a private network"
    UNREACHABLE = "no connection"
    OFFLINE = "this site has no connection to the network"
    TIME = "no answer in time"
    SIZE = "too large"
    REDIRECTS = "redirected too often"
    TLS = "no trusted certificate"
    PROTOCOL = "not an answer of the web"


class FetchError(Exception):
    """There is no answer; ``url`` is the address at which it ended, redirects followed."""

    def __init__(self, reason: Reason, url: str) -> None:
        super().__init__(f"{reason.value}: {url}")
        self.reason, self.url = reason, url


@dataclass(frozen=True)
class Rules:
    """What may be fetched, and how much."""

    seconds: float = 10.0
    """For all of it, name and redirects included."""
    most_bytes: int = 1 << 20
    redirects: int = 5
    open_networks: tuple[str, ...] = ()
    """Private networks, or single addresses, that may be asked all the same."""
    proxy: str | None = None
    """``http://host:port`` through which everything goes; names are resolved and checked here."""
    agent: str = "gobiernoabierto"


@dataclass(frozen=True)
class Answer:
    """What came back; a status of any kind is an answer."""

    url: str
    """Where it came from, redirects followed."""
    status: int
    media_type: str
    body: bytes


def is_public(address: Address) -> bool:
    """Tell whether everybody in the world can have this address, also the one inside a mapped one."""
    if isinstance(address, IPv4Address):
        return address.is_global and not address.is_multicast
    if address.ipv4_mapped:
        return is_public(address.ipv4_mapped)
    tunnelled = address.sixtofour or address.teredo
    return address in UNICAST and address.is_global and not tunnelled


def fetch(url: str, rules: Rules | None = None, *, body: bool = True) -> Answer:
    """Return the answer of an address, without what it says unless ``body``; FetchError without any."""
    rules = rules or Rules()
    with _limited(rules.seconds) as clock:
        for _ in range(rules.redirects + 1):
            answer, further = _asked(url, rules, clock, body=body)
            if further is None:
                return answer
            url = _joined(url, further)
    raise FetchError(Reason.REDIRECTS, url)


def _joined(url: str, further: str) -> str:
    try:
        return urljoin(url, further)
    except ValueError:
        raise FetchError(Reason.ADDRESS, url) from None


# -- Time -----------------------------------------------------------------------------------------------


class _Clock:
    """Ends the connection when the time is over: a server that sends a byte now and then does not help."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    @property
    def left(self) -> float:
        """Return the seconds left; TimeoutError if there are none."""
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        return seconds

    @property
    def over(self) -> bool:
        """Tell whether the time is over."""
        return time.monotonic() >= self._end

    def watch(self, connection: socket.socket) -> None:
        """End this connection, and no earlier one, when the time is over."""
        self.release()
        with self._lock:
            # TLS takes the descriptor for itself: a copy of it is ours to end
            self._socket = socket.socket(fileno=os.dup(connection.fileno()))
        if self.over:
            self.cut()

    def cut(self) -> None:
        """End the connection."""
        with self._lock:
            if self._socket is not None:
                with suppress(OSError):  # it may have ended by itself
                    self._socket.shutdown(socket.SHUT_RDWR)

    def release(self) -> None:
        """Let the watched connection go."""
        with self._lock:
            if self._socket is not None:
                self._socket.close()
                self._socket = None


@contextmanager
def _limited(seconds: float) -> Iterator[_Clock]:
    clock = _Clock(seconds)
    timer = threading.Timer(seconds, clock.cut)
    timer.daemon = True
    timer.start()
    try:
        yield clock
    finally:
        timer.cancel()
        clock.release()


# -- One request ----------------------------------------------------------------------------------------


def _asked(url: str, rules: Rules, clock: _Clock, *, body: bool) -> tuple[Answer, str | None]:
    """Return the answer of one address, and where it leads further."""
    parts, host, port = _parts(url)
    try:
        connection = _connected(url, parts, host, port, rules, clock)
        with connection:
            answered = _answered(connection, url, parts, host, rules, body=body)
        if clock.over:  # what was cut off by it looks like an end
            raise TimeoutError
        return answered
    except FetchError:
        raise
    except ssl.SSLError as error:
        raise FetchError(Reason.TIME if clock.over else Reason.TLS, url) from error
    except TimeoutError as error:
        raise FetchError(Reason.TIME, url) from error
    except OSError as error:
        raise FetchError(_reason(error, clock), url) from error
    except (http.client.HTTPException, ValueError) as error:
        raise FetchError(Reason.TIME if clock.over else Reason.PROTOCOL, url) from error


def _reason(error: OSError, clock: _Clock) -> Reason:
    if clock.over:
        return Reason.TIME
    return Reason.OFFLINE if error.errno == errno.ENETUNREACH else Reason.UNREACHABLE


def _parts(url: str) -> tuple[SplitResult, str, int]:
    """Return an address's parts, its host as DNS has it, and its port; FetchError if it is none."""
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except ValueError:
        raise FetchError(Reason.ADDRESS, url) from None
    if parts.scheme not in PORTS or not host or parts.username is not None or port == 0:
        raise FetchError(Reason.ADDRESS, url)
    return parts, host, port or PORTS[parts.scheme]


def _addresses(url: str, host: str, port: int, rules: Rules, clock: _Clock) -> list[str]:
    """Return the addresses of a host, none of them private; FetchError if there is none, or one is."""
    pool = ThreadPoolExecutor(1)  # a name server that does not answer cannot be told to stop
    try:
        looked_up = pool.submit(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = [str(each[4][0]) for each in looked_up.result(clock.left)]
    except socket.gaierror as error:
        reason = Reason.OFFLINE if error.errno in (socket.EAI_AGAIN, socket.EAI_FAIL) else Reason.NAME
        raise FetchError(reason, url) from error
    finally:
        pool.shutdown(wait=False)
    opened = [ip_network(each) for each in rules.open_networks]
    for each in map(ip_address, found):
        if not is_public(each) and not any(each in network for network in opened):
            raise FetchError(Reason.PRIVATE, url)
    return list(dict.fromkeys(found))


def _connected(
    url: str, parts: SplitResult, host: str, port: int, rules: Rules, clock: _Clock
) -> socket.socket:
    """Return a connection to one of the addresses that were checked, and to no other."""
    failed: OSError | None = None
    for address in _addresses(url, host, port, rules, clock):
        try:
            connection = _opened(address, port, rules, clock)
        except OSError as error:
            if failed is None or failed.errno == errno.ENETUNREACH:
                failed = error
        else:
            clock.watch(connection)
            if parts.scheme == "http":
                return connection
            return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
    raise failed or OSError(errno.ENETUNREACH, "no address")


def _opened(address: str, port: int, rules: Rules, clock: _Clock) -> socket.socket:
    if rules.proxy is None:
        return socket.create_connection((address, port), clock.left)
    proxy = urlsplit(rules.proxy)
    try:
        connection = socket.create_connection((proxy.hostname or "", proxy.port or PORTS["http"]), clock.left)
    except OSError as error:
        raise OSError(errno.ENETUNREACH, "no proxy") from error
    clock.watch(connection)
    target = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    connection.sendall(f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode())
    said = http.client.HTTPResponse(connection, method="CONNECT")
    said.begin()
    if said.status != HTTPStatus.OK:
        connection.close()
        raise ConnectionError(f"the proxy says {said.status}")
    return connection


def _answered(
    connection: socket.socket, url: str, parts: SplitResult, host: str, rules: Rules, *, body: bool
) -> tuple[Answer, str | None]:
    target = quote(parts.path or "/", safe=SAFE) + (
        f"?{quote(parts.query, safe=SAFE)}" if parts.query else ""
    )
    named = f"[{host}]" if ":" in host else host
    asking = http.client.HTTPConnection(host)
    asking.sock = connection
    asking.request(
        "GET",
        target,
        headers={
            "Host": f"{named}:{parts.port}" if parts.port else named,
            "User-Agent": rules.agent,
            "Accept": "*/*",
            "Accept-Encoding": "identity",
            "Connection": "close",
        },
    )
    said = asking.getresponse()
    further = said.getheader("Location") if said.status in REDIRECTS else None
    text = _read(said, url, rules.most_bytes) if body and further is None else b""
    return Answer(url, said.status, said.headers.get_content_type(), text), further


def _read(said: http.client.HTTPResponse, url: str, most: int) -> bytes:
    text = said.read(most + 1)
    if len(text) > most:
        raise FetchError(Reason.SIZE, url)
    return text
