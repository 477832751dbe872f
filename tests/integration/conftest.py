"""What tests of the whole site share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import ckan.plugins.toolkit as tk
import pytest
from ckan import model
from ckan.tests.helpers import CKANTestApp
from ckanext.gobiernoabierto.entities.evidence import Check
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load


@pytest.fixture(scope="module")
def shipped_site(empty_app: CKANTestApp) -> CKANTestApp:
    """The site with the shipped rows. Made once: to load them costs seconds."""
    with empty_app.flask_app.test_request_context():
        assert not load(SHIPPED).problems
    return empty_app


@pytest.fixture
def visit(empty_app: CKANTestApp) -> Callable[..., Any]:
    """Get an address as a visitor, without following where it leads, and see the status that is due."""

    def run(address: str, status: int = 200, **options: Any) -> Any:
        answer = empty_app.get(address, follow_redirects=False, **options)
        assert answer.status_code == status, answer.body
        return answer

    return run


# -- Evidence -----------------------------------------------------------------------------------------


class Site(ThreadingHTTPServer):
    """Another site, on 127.0.0.1: it answers with the status that its address ends with."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.status: dict[str, int] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                site.asked.append(self.path)
                site.meanwhile()
                self.send_response(site.status.get(self.path, 200))
                self.end_headers()

            def log_message(self, *_args: object) -> None:
                """Say nothing."""

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def site() -> Iterator[Site]:
    """Another site, running."""
    with Site() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch, site: Site) -> Site:
    """The same, and this site may ask it."""
    monkeypatch.setitem(tk.config, "ckanext.gobiernoabierto.fetch.open_networks", ["127.0.0.1"])
    return site


@pytest.fixture
def known() -> Callable[[str], Any]:
    """Return what is stored of an address of evidence, read afresh."""

    def run(url: str) -> Any:
        model.Session.expire_all()
        return model.Session.get(Check, url)

    return run
