"""What no log of ours holds: the secrets in the addresses of links that go by mail."""

from __future__ import annotations

import logging
import re
from typing import Any

SECRET = re.compile(
    r"(/seguir/(?:confirmar|baja|mis-seguimientos)/|/user/reset/[^\s?]*\?(?:[^\s]*&)?key=)[^/?&#\s\"']+"
)


def masked(text: str) -> str:
    """Return a line of a log with ``***`` for the secrets in it."""
    return SECRET.sub(r"\1***", text)


class Masking:
    """Makes the records of a process: a filter would have to stand at every logger of every library."""

    def __init__(self, make: Any) -> None:
        self.make = make

    def __call__(self, *given: Any, **named: Any) -> logging.LogRecord:
        """Return a record whose message is masked."""
        record: logging.LogRecord = self.make(*given, **named)
        try:
            text = record.getMessage()
        except (TypeError, ValueError, KeyError):  # logging tells of it, when it writes the record
            return record
        if (told := masked(text)) != text:
            record.msg, record.args = told, ()
        return record


def install() -> None:
    """Mask all that this process logs from now on: CKAN's lines, the web server's, any other."""
    present = logging.getLogRecordFactory()
    if not isinstance(present, Masking):
        logging.setLogRecordFactory(Masking(present))
