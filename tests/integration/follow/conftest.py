"""Somebody who follows things of Villa Nueva, their mails, and the clock."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import ckan.model as model
import ckan.plugins.toolkit as tk
import pytest
import sqlalchemy as sa
from ckan.tests import factories
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.gobiernoabierto.follow import sending
from ckanext.gobiernoabierto.follow.model import Follower
from ckanext.gobiernoabierto.spanish import spanish
from tests.remembered import remembered

PUBLIC = {"visibility": "published"}
_visitors = itertools.count(1)


@pytest.fixture
@remembered
def villa_nueva(publishable: dict[str, Any]) -> dict[str, Any]:
    """A municipality with a problem and an idea, and a dataset that is for the problem."""
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **PUBLIC)
    call_action(
        "gobiernoabierto_municipality_create", code="0115", name="Villa Nueva", department="01", **PUBLIC
    )
    said = {"municipality": "0115", "reported": "2017-05-27", **PUBLIC}
    call_action("gobiernoabierto_problem_create", title="Calles oscuras", **said)
    call_action("gobiernoabierto_idea_create", title="Un mapa de lámparas", problem="0115-P1", **said)
    linked = {"coverage": "municipal", "municipality": ["0115"], "problem": ["0115-P1"]}
    return factories.Dataset(name="lamparas", title="Lámparas", **{**publishable, **linked})


@dataclass
class Reader:
    """Somebody with an address and a browser of their own."""

    app: CKANTestApp
    address: str
    seen_from: str

    def open(self, path: str, **options: Any) -> Any:
        """Open a page."""
        return self.app.get(path, follow_redirects=False, environ_overrides=self._place(), **options)

    def send(self, path: str, **data: Any) -> Any:
        """Send a form."""
        return self.app.post(path, data=data, follow_redirects=False, environ_overrides=self._place())

    def ask(self, kind: str, code: str, address: str | None = None) -> Any:
        """Send the form that asks to follow something."""
        return self.send("/seguir", kind=kind, code=code, address=address or self.address)

    def _place(self) -> dict[str, str]:
        return {"REMOTE_ADDR": self.seen_from}

    @property
    def id(self) -> str | None:
        """Return who they are in our table."""
        return model.Session.execute(sa.select(Follower.id).where(Follower.address == self.address)).scalar()


@pytest.fixture
def reader(clean_site: None, app: CKANTestApp) -> Callable[[], Reader]:
    """Make somebody whom nobody has seen before."""

    def make() -> Reader:
        number = next(_visitors)
        place = f"203.0.{number // 250}.{number % 250 + 1}"
        return Reader(app, f"zz9lectora-{uuid.uuid4().hex[:12]}@example.org", place)

    return make


@pytest.fixture
def ana(reader: Callable[[], Reader]) -> Reader:
    """Ana."""
    return reader()


@pytest.fixture
def work() -> Callable[[], dict[str, int]]:
    """Send what waits, as the worker does."""
    return sending.send_waiting


@pytest.fixture
def send_news() -> Callable[[], dict[str, int]]:
    """Send the news of the day, as the command does."""

    def send() -> dict[str, int]:
        with spanish():
            return sending.send_news()

    return send


@pytest.fixture
def follows(mail_server: Any, work: Any) -> Callable[..., None]:
    """Let somebody follow things: ask, open the mail, press the button."""

    def follow(reader: Reader, *pairs: tuple[str, str]) -> None:
        for kind, code in pairs:
            assert reader.ask(kind, code).status_code == 303
            work()
            link = mail_server.received.pop().link("/confirmar/")
            assert "Ahora sigue" in reader.send(link).body
        mail_server.received.clear()

    return follow


AGED = {
    "gobiernoabierto_follower": ("created", "read_until"),
    "gobiernoabierto_subscription": ("created", "confirmed"),
    "gobiernoabierto_mail": ("created", "since"),
    "gobiernoabierto_history": ("happened",),
    "resource": ("created", "last_modified"),
}


@pytest.fixture
def tomorrow() -> Callable[[], None]:
    """Let a day go by for those who follow: all that is written down happened a day earlier."""

    def turn() -> None:
        for table, columns in AGED.items():
            moved = ", ".join(f"{column} = {column} - interval '1 day'" for column in columns)
            model.Session.execute(sa.text(f"UPDATE {table} SET {moved}"))
        for days in (-1001, 1000):  # no row may pass through the day of another
            model.Session.execute(sa.text(f"UPDATE gobiernoabierto_mail SET day = day + ({days})"))
        model.Session.commit()
        model.Session.expire_all()

    return turn


@pytest.fixture
def answer() -> Callable[[str], None]:
    """Let the municipality answer the problem."""

    def say(text: str, entity: str = "problem", code: str = "0115-P1") -> None:
        shown = tk.get_action(f"gobiernoabierto_{entity}_show")({"ignore_auth": True}, {"code": code})
        data = {"entity": entity, "code": code, "version": shown["version"], "office": "Alcaldía"}
        call_action("gobiernoabierto_answer_create", **data, text=text)

    return say
