"""Texts in fewer bytes for whoever takes gzip: a visitor on a poor line waits for the styles above all."""

from __future__ import annotations

import gzip
from functools import lru_cache
from http import HTTPStatus

import ckan.plugins.toolkit as tk
from ckan.types import CKANApp, Response

from . import caching
from .headers import SHARED_ENDPOINTS

SMALLEST = 500
"""Bytes; of less nothing is gained."""
KINDS = ("text/", "application/json", "application/javascript", "application/xml", "image/svg+xml")
ENDS = ("+json", "+xml")


def _packed(body: bytes) -> bytes:
    """Return the same bytes for the same: gzip writes the time otherwise."""
    return gzip.compress(body, compresslevel=6, mtime=0)


_kept = lru_cache(maxsize=32)(_packed)
"""Styles and scripts are the same for everybody until the next start."""


def install(app: CKANApp) -> None:
    """Compress last of all; first in the list, because Flask runs the first one last."""
    app.after_request_funcs.setdefault(None, []).insert(0, compress)


def compress(response: Response) -> Response:
    """Return the response compressed if it is a text, the caller takes it so and it holds no secret.

    The size of what is compressed tells what repeats in it: whoever can put words into a page with a
    secret, again and again, would learn it (BREACH). So nobody who comes with a cookie or a token gets a
    page compressed. Files that people have uploaded, and lists that are sent as they come, stay as they are.
    """
    shared = tk.request.endpoint in SHARED_ENDPOINTS
    if not _is_text(response) or (not shared and (response.direct_passthrough or response.is_streamed)):
        return response
    response.vary.add("Accept-Encoding")
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)  # one for both: it names what is said, not the bytes
    if not caching.takes_gzip(tk.request) or not (shared or _is_for_anybody()):
        return response
    if response.status_code != HTTPStatus.OK or (response.content_length or SMALLEST) < SMALLEST:
        return response
    response.direct_passthrough = False
    body = response.get_data()
    response.set_data(_kept(body) if shared else _packed(body))
    response.content_encoding = "gzip"
    response.headers.remove("Accept-Ranges")
    return response


def _is_text(response: Response) -> bool:
    kind = response.mimetype or ""
    return not response.content_encoding and (kind.startswith(KINDS) or kind.endswith(ENDS))


def _is_for_anybody() -> bool:
    return not (tk.request.cookies or tk.current_user.is_authenticated)
