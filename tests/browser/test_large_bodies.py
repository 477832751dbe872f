"""A request that is too large is refused before it is read: by a declared length, and without one."""

from __future__ import annotations

import json
import select
import socket
from urllib.parse import urlsplit

import pytest
from ckanext.gobiernoabierto import config

MULTIPART = "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="upload"; filename="a.csv"\r\n\r\n'
PIECE = 1 << 20
BUFFERS = 16 * PIECE
"""What the kernel and gunicorn may have taken before the answer is seen."""


@pytest.fixture
def connect(live_site):
    """Open a connection, send the head of a request, and return the connection."""
    with socket.create_connection(urlsplit(live_site.url).netloc.split(":"), timeout=30) as connection:

        def head(path: str, **headers: str) -> socket.socket:
            lines = [f"POST {path} HTTP/1.1", f"Host: {urlsplit(live_site.url).netloc}"]
            lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
            connection.sendall("\r\n".join([*lines, "", ""]).encode())
            return connection

        yield head


def answer(connection: socket.socket) -> tuple[int, str]:
    """Return status and body of the answer."""
    with connection.makefile("rb") as stream:
        status, length = int(stream.readline().split()[1]), 0
        while line := stream.readline().strip():
            name, _, value = line.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return status, stream.read(length).decode()


@pytest.mark.parametrize("path", ["/publicar", "/publicar/archivo", "/user/login"])
def test_a_declared_length_is_refused_before_a_byte_is_sent(connect, path):
    """In a page, in Spanish, that says what the bound is."""
    status, body = answer(connect(path, Content_Length="10000000000", Content_Type=MULTIPART))
    assert status == 413
    assert "archivos de hasta 52.4" in body
    assert '<html lang="es"' in body


def test_the_api_tells_the_same_as_json(connect):
    """In the shape of CKAN's other refusals."""
    path = "/api/3/action/resource_create"
    status, body = answer(connect(path, Content_Length="10000000000", Content_Type=MULTIPART))
    told = json.loads(body)
    assert (status, told["success"]) == (413, False)
    assert "archivos de hasta 52.4" in told["error"]["message"]


def test_a_text_that_is_too_long_is_told_so(connect):
    """No field takes so much."""
    form = "application/x-www-form-urlencoded"
    status, body = answer(connect("/api/3/action/package_create", Content_Length="600000", Content_Type=form))
    assert status == 413
    assert "textos de hasta 500" in json.loads(body)["error"]["message"]


def test_a_body_without_a_length_is_read_up_to_the_bound(connect):
    """Sent in pieces: it is the answer that ends it, and not the disk."""
    path = "/api/3/action/resource_create"
    connection = connect(path, Transfer_Encoding="chunked", Content_Type=MULTIPART)
    sent, piece = 0, PART
    while not select.select([connection], [], [], 0)[0]:
        try:
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        except ConnectionError:  # the answer came while this was being sent
            break
        sent, piece = sent + len(piece), b"1" * PIECE
        assert sent < config.max_body_bytes() + BUFFERS
    assert sent > config.max_upload_bytes()
    assert answer(connection)[0] == 413
