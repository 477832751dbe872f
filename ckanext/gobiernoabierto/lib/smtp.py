"""Hand a mail to an SMTP server and know what became of it: taken, not taken, or nobody can tell.

``smtplib``'s own ``sendmail`` says the same for a connection that broke before the text was sent and for
one that broke before the answer came. Its exceptions carry the address; those of here do not.
"""

from __future__ import annotations

import re
import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

SECONDS = 30
"""How long the server may stay silent."""
READY, TAKEN, PERMANENT = 354, 250, 500
_LINE_WITH_DOT = re.compile(rb"(?m)^\.")

Step: TypeAlias = tuple[Callable[[], tuple[int, bytes]], tuple[int, ...]]
"""What is said to the server, and its answers that are no refusal."""


@dataclass(frozen=True)
class Server:
    """Where mails go, as CKAN's options ``smtp.*`` say."""

    host: str
    sender: str
    port: int = 0
    starttls: bool = False
    verify: bool = True
    ca_bundle: str | None = None
    user: str | None = None
    password: str | None = None


class NotTakenError(Exception):
    """The server has not taken the mail, for certain; ``code`` is its answer (RFC 5321)."""

    def __init__(self, code: int) -> None:
        super().__init__(f"SMTP {code}")
        self.code = code

    @property
    def permanent(self) -> bool:
        """Tell whether it would answer the same another time."""
        return self.code >= PERMANENT


class UnreachableError(Exception):
    """There is no server that takes mails from us at the moment; this one was not taken, for certain."""


class UnsureError(Exception):
    """The connection broke after the text was sent: the server has the mail, or it has not."""


class Postbox:
    """A connection that is opened for the first mail, and again after it broke."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._connection: smtplib.SMTP | None = None

    def close(self) -> None:
        """Take leave of the server."""
        if self._connection is None:
            return
        try:
            self._connection.quit()
        except (smtplib.SMTPException, OSError):
            self._drop()  # what it has taken, it has

    def offer(self, recipient: str) -> None:
        """Ask whether the server would take a mail for a recipient, and give it none.

        :raises NotTakenError: not for this one
        :raises UnreachableError: it cannot be talked to
        """
        connection = self._connected()
        self._envelope(connection, recipient, ())

    def hand_over(self, recipient: str, text: bytes, begin: Callable[[], None]) -> None:
        """Give the server a mail for one recipient; returning means that it has taken it.

        :param text: the whole message, its lines ended by CRLF
        :param begin: called when the server is ready for the text and has nothing of it: what comes after
            may have been taken
        :raises NotTakenError: it refuses this mail
        :raises UnreachableError: it cannot be talked to
        :raises UnsureError: after ``begin``
        """
        connection = self._connected()
        try:
            self._envelope(connection, recipient, ((lambda: connection.docmd("DATA"), (READY,)),))
            begin()
        except NotTakenError:
            raise
        except BaseException:
            self._drop()  # without the last line it takes nothing
            raise
        try:
            connection.send(_LINE_WITH_DOT.sub(b"..", text) + b".\r\n")
            code, _ = connection.getreply()
        except (smtplib.SMTPException, OSError):
            self._drop()
            raise UnsureError from None
        if code != TAKEN:
            raise NotTakenError(code)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            try:
                self._connection = self._connect()
            except (smtplib.SMTPException, OSError) as error:
                # what the server says may name the account
                raise UnreachableError(type(error).__name__) from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server = self._server
        connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        connection.ehlo_or_helo_if_needed()
        if server.starttls:
            connection.starttls(context=self._context())
            connection.ehlo_or_helo_if_needed()
        if server.user:
            connection.login(server.user, server.password or "")
        return connection

    def _context(self) -> ssl.SSLContext:
        server = self._server
        bundle = Path(server.ca_bundle) if server.ca_bundle else None
        where: dict[str, Any] = {"capath" if bundle.is_dir() else "cafile": str(bundle)} if bundle else {}
        context = ssl.create_default_context(**where)
        if not server.verify:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context

    def _envelope(self, connection: smtplib.SMTP, recipient: str, then: tuple[Step, ...]) -> None:
        try:
            for answer, wanted in (
                (lambda: connection.mail(self._server.sender), (TAKEN,)),
                (lambda: connection.rcpt(recipient), (TAKEN, 251)),
                *then,
            ):
                code, _ = answer()
                if code not in wanted:
                    connection.rset()
                    raise NotTakenError(code)
        except (smtplib.SMTPException, OSError) as error:
            raise UnreachableError(type(error).__name__) from None

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
