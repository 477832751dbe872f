"""Fixtures that every test may use: an empty site, a running one, and a browser.

``bin/test`` has started the services, migrated the databases and written the two configuration files:
the one that pytest gets (``--ckan-ini``) and, beside it, ``browser.ini`` for the site that runs as a
process of its own.
"""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ckan.plugins as plugins
import ckan.plugins.toolkit as tk
import ckan.tests.factories as factories
import ckan.tests.helpers as helpers
import pytest
import sqlalchemy as sa
import sqlalchemy.orm
from aiosmtpd.controller import Controller
from ckan import model
from ckan.common import config
from ckan.lib.redis import connect_to_redis
from ckan.lib.search.common import make_connection
from ckan.tests.helpers import CKANTestApp, call_action
from ckanext.gobiernoabierto.web.limits import limiter
from hypothesis import settings
from passlib.hash import pbkdf2_sha512
from playwright.sync_api import Browser, Page, sync_playwright
from tests.remembered import MEMORY, remembered

# How long one example takes says more about what else the machine does than about the code.
settings.register_profile("any machine", deadline=None)
settings.load_profile("any machine")

pytest_plugins = ["tests.processes", "tests.readers"]

CHECKOUT = Path(__file__).resolve().parents[1]
CHROMIUM = "/usr/bin/chromium-headless-shell"
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure(config: pytest.Config) -> None:
    """Give each process of a divided run (``--numprocesses``) its own database, queue, index and files."""
    process = getattr(config, "workerinput", {}).get("workerid")
    if process:
        config.option.ckan_ini = str(Path(config.option.ckan_ini).with_name(f"{process}.ini"))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file in one process, and all that need the running site in another one."""
    for item in items:
        lives = "live_site" in getattr(item, "fixturenames", ())
        item.add_marker(pytest.mark.xdist_group("live_site" if lives else item.location[0]))


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> None:
    """Hash passwords in one round: thousands of accounts are made, and CKAN's rounds are slow on purpose."""
    model.user.pbkdf2_sha512 = pbkdf2_sha512.using(rounds=1)


@pytest.fixture(scope="session")
def checkout() -> Path:
    """The folder of the repository."""
    return CHECKOUT


# -- An empty database, for CKAN's clean_db and everything that stands on it --------------------------


class _Emptied:
    """The migrated database, emptied again and again over one connection.

    To truncate makes new files for each table and each of its indexes, and to plan a question about all
    tables takes longer than to answer it: rows are deleted, and only where the planned question finds some.
    """

    def __init__(self) -> None:
        self.connection = sa.create_engine(model.meta.engine.url, poolclass=sa.pool.StaticPool).connect()
        self.names: list[str] = []

    def again(self) -> None:
        """Delete all rows, and let what counts begin anew."""
        with self.connection.begin():
            filled = self._filled()
            if not filled:
                return
            # Whoever still writes is waited for, and not for ever: a test may have forgotten a connection.
            locked = f"SET LOCAL lock_timeout = '20s'; LOCK TABLE {', '.join(filled)}"
            # All go: no reference is left to check, and nothing to follow.
            bare = "SET LOCAL session_replication_role = replica"
            deleted = "; ".join(f"DELETE FROM {name}" for name in filled)
            self._run(f"{locked}; {bare}; {deleted}; EXECUTE recount")

    def _filled(self) -> list[str]:
        names = "SELECT format('%I', tablename) AS name FROM pg_tables WHERE schemaname = 'public'"
        names = self._run(f"{names} AND tablename NOT LIKE '%alembic_version' ORDER BY name").scalars().all()
        if names != self.names:
            holds = " UNION ALL ".join(f"SELECT '{name}' WHERE EXISTS (SELECT FROM {name})" for name in names)
            counted = "SELECT setval(seqrelid, seqstart, false) FROM pg_sequence"
            counted += " WHERE pg_sequence_last_value(seqrelid) IS NOT NULL"
            self._run(f"DEALLOCATE ALL; PREPARE filled AS {holds}; PREPARE recount AS {counted}")
            self.names = names
        return self._run("EXECUTE filled").scalars().all()

    def _run(self, statement: str) -> Any:
        return self.connection.exec_driver_sql(statement.replace("%", "%%"))


@pytest.fixture(scope="session")
def reset_db() -> Callable[[], None]:
    """Empty the migrated database: what CKAN's ``clean_db`` calls.

    CKAN drops and migrates anew, or deletes table by table; bin/test has migrated, and only the tables
    that hold rows cost anything here.
    """
    database = _Emptied()

    def reset() -> None:
        sa.orm.close_all_sessions()
        database.again()
        MEMORY.begin(database.connection)

    return reset


class _Loaded:
    """Our plugins and CKAN's application, loaded once and kept as long as the tests share a configuration.

    CKAN's own fixtures load and build both anew for each test, which costs more than most tests do.
    """

    application: Any = None

    @classmethod
    def plugins(cls, *, anew: bool = False) -> None:
        """Load all, unless they are there: what has settings of its own loads them ``anew``."""
        wanted = [*tk.aslist(config["ckan.plugins"]), *plugins.core.find_system_plugins()]
        if anew or not all(plugins.plugin_loaded(name) for name in wanted):
            plugins.load_all()
            cls.application = None

    @classmethod
    def client(cls) -> CKANTestApp:
        """Return a client without cookies of the application."""
        if cls.application is None:
            cls.application = helpers._get_test_app().app
            gc.collect()
            gc.freeze()  # it stays: the collector need not walk through it for every few tests
        return CKANTestApp(cls.application)

    @classmethod
    def drop(cls) -> None:
        """Forget both: the next test that needs them loads them again."""
        plugins.unload_non_system_plugins()
        cls.application = None


@pytest.fixture
def with_plugins(request: pytest.FixtureRequest, ckan_config: Any) -> Iterator[None]:
    """CKAN's fixture of that name: the plugins are loaded, with the test's own settings if it has any."""
    own_settings = request.node.get_closest_marker("ckan_config") is not None
    _Loaded.plugins(anew=own_settings)
    yield
    if own_settings:
        _Loaded.drop()


@pytest.fixture
def app(with_plugins: None) -> CKANTestApp:
    """CKAN's fixture of that name: a client without cookies of the application, our plugins loaded."""
    return _Loaded.client()


@pytest.fixture(scope="module")
def empty_app(reset_db: Callable[[], None]) -> CKANTestApp:
    """The application on an empty database, for a module that makes its rows once and only reads them."""
    _Loaded.plugins()
    reset_db()
    return _Loaded.client()


@pytest.fixture
def token_of() -> Callable[[str], str]:
    """Make an API token of a user: the profile lets none live for ever."""

    def make(user: str) -> str:
        asked = {"user": user, "name": "test", "expires_in": 1, "unit": 86_400}
        return MEMORY.run(f"token of {user}", lambda: call_action("api_token_create", **asked)["token"])

    return make


@pytest.fixture
def clean_index(reset_index: Callable[[], None]) -> None:
    """CKAN's fixture of that name; to empty an index that is empty would cost as much."""
    if make_connection().search("*:*", rows=0).hits:
        reset_index()


@pytest.fixture
def clean_site(with_plugins: None, clean_db: None, clean_index: None) -> None:
    """A site with our plugins, and nothing in its database, index and queues."""
    connect_to_redis().flushdb()  # with what remembers for a minute that a job waits


@pytest.fixture
def clean_limits(app: CKANTestApp) -> None:
    """Nobody has asked anything yet: what other tests sent does not count."""
    limiter.reset()


@pytest.fixture
def queries() -> Callable[[], AbstractContextManager[list[str]]]:
    """Return a context that collects the SQL statements sent to the database while it lasts."""

    @contextmanager
    def collect() -> Iterator[list[str]]:
        sent: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if not statement.startswith("PREPARE"):  # once for each connection, whoever comes to have it
                sent.append(statement)

        sa.event.listen(model.meta.engine, "before_cursor_execute", note)
        try:
            yield sent
        finally:
            sa.event.remove(model.meta.engine, "before_cursor_execute", note)

    return collect


@pytest.fixture
@remembered
def publishable(clean_site: None) -> dict[str, Any]:
    """The fields that ``factories.Dataset`` lacks and a published dataset must have."""
    entities = (
        ("plan", "1", {"title": "Plan"}),
        ("axis", "1-1", {"plan": "1", "number": 1, "name": "Datos"}),
    )
    for entity, code, values in entities:
        row = {"code": code, "visibility": "published", **values}
        helpers.call_action(f"gobiernoabierto_{entity}_create", **row)
    return {
        "owner_org": factories.Organization()["id"],
        "coverage": "national",
        "workshop_origin": "none",
        "axis": ["1-1"],
    }


# -- A mail server ------------------------------------------------------------------------------------


class Mail(EmailMessage):
    """A mail as a server got it."""

    @property
    def text(self) -> str:
        """Return what somebody reads."""
        return self.get_content()

    def link(self, part: str) -> str:
        """Return the path of the first address in the text that has ``part`` in it."""
        return urlsplit(next(word for word in self.text.split() if part in word)).path


class MailServer:
    """A real SMTP server on 127.0.0.1, which keeps what it takes."""

    def __init__(self, port: int) -> None:
        self.received: list[Mail] = []
        self.answers: dict[str, str] = {}
        """{recipient: what it says of them instead of taking the mail}"""
        self.answer_to_text, self.seconds = "250 OK", 0.0
        """What it says of a text, and how long it takes to say it."""
        self.address = f"127.0.0.1:{port}"

    async def handle_RCPT(self, _s: Any, _session: Any, envelope: Any, address: str, _o: Any) -> str:  # noqa: N802 # the name is aiosmtpd's
        """Take a recipient, or not."""
        envelope.rcpt_tos.append(address)
        return self.answers.get(address, "250 OK")

    async def handle_DATA(self, _s: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 # the name is aiosmtpd's
        """Take a mail."""
        if self.answer_to_text.startswith("250"):
            made = policy.default.clone(message_factory=Mail)
            self.received.append(message_from_bytes(envelope.content, policy=made))
            await asyncio.sleep(self.seconds)
        return self.answer_to_text


@pytest.fixture
def mail_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[MailServer]:
    """A mail server, and a site that sends its mails there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = MailServer(port)
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    monkeypatch.setitem(tk.config, "smtp.server", server.address)
    monkeypatch.setitem(tk.config, "smtp.mail_from", "catalogo@example.org")
    yield server
    controller.stop()


# -- Browsers ------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def large_letters(browser: Browser) -> Iterator[Browser]:
    """A browser whose owner set letters of twice the usual size."""
    flags = [*CHROMIUM_FLAGS, "--blink-settings=defaultFontSize=32"]
    chromium = browser.browser_type.launch(executable_path=CHROMIUM, args=flags)
    yield chromium
    chromium.close()


@pytest.fixture
def page(browser: Browser, live_site: Any) -> Iterator[Page]:
    """A page of a visitor without cookies; paths are those of the live site."""
    with browser.new_context(base_url=live_site.url, locale="es-GT") as context:
        yield context.new_page()
