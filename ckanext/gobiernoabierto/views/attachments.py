"""Bytes that somebody sent: saved by whoever asks for them, and never shown, run or guessed at."""

from __future__ import annotations

from typing import IO

from ckan.types import Response
from ckanext.gobiernoabierto.web.headers import FILE_POLICY
from flask import send_file

ANY_BYTES = "application/octet-stream"


def attachment(stream: IO[bytes], name: str, media_type: str = ANY_BYTES) -> Response:
    """Return an answer that a browser saves as ``name``, with no origin of ours."""
    answer = send_file(stream, mimetype=media_type, as_attachment=True, download_name=name)
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer
