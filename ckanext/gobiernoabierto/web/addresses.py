"""Addresses of pages that lead to many others: what the router says is kept, as long as it says the same.

CKAN's ``url_for`` asks router, language and configuration anew for each link, which takes longer than to
write the link: the header and footer of a page alone have twenty, and a list one for each row.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any
from urllib.parse import quote

import ckan.plugins.toolkit as tk
from flask import has_request_context

KEYS = frozenset({"code", "id", "ending"})
"""Parameters that stand in the path of a page, as text."""
AS_IS = "!$&'()*+,/:;=@"
"""What Werkzeug leaves as it is in a path, beside letters, digits and ``_.-~``."""
PLACE = "gobiernoabierto.addresses"
PLAIN = re.compile(r"(/|https?://)[^\x00-\x1f\x7f\\]*")

Build = Callable[..., str]
Kept = dict[tuple[str, ...], str | None]
"""{(endpoint, *its parameters): the address as ``str.format`` takes it; None if one is not in the path}."""


@tk.chained_helper
def url_for(next_helper: Build, *args: Any, **kw: Any) -> str:
    """Return an address, as CKAN's own does; only the first one to each page takes its time."""
    plain = len(args) == 1 and kw.keys() <= KEYS and all(isinstance(v, str) and v for v in kw.values())
    if not plain or args[0].startswith((".", "/")) or not has_request_context():
        return next_helper(*args, **kw)
    kept, page = _kept_here(), (args[0], *kw)
    if page not in kept:
        kept[page] = _pattern(next_helper, args[0], list(kw))
    pattern = kept[page]
    if pattern is None:
        return next_helper(*args, **kw)
    return pattern.format(**{name: quote(value, AS_IS) for name, value in kw.items()})


def _pattern(build: Build, endpoint: str, names: list[str]) -> str | None:
    marks = {name: f"0--{name}" for name in names}
    path, query, _ = build(endpoint, **marks).partition("?")
    if query or any(path.count(mark) != 1 for mark in marks.values()):
        return None
    pattern = path.replace("{", "{{").replace("}", "}}")
    for name, mark in marks.items():
        pattern = pattern.replace(mark, f"{{{name}}}")
    return pattern


def _kept_here() -> Kept:
    """Return what is kept of addresses in the language and under the root of this request."""
    environ = tk.request.environ
    if PLACE not in environ:
        language = environ.get("CKAN_LANG"), environ.get("CKAN_LANG_IS_DEFAULT")
        environ[PLACE] = _kept(*language, environ.get("SCRIPT_NAME"), tk.config["ckan.root_path"])
    return environ[PLACE]


@cache
def _kept(*_where: Any) -> Kept:
    return {}


@tk.chained_helper
def url_is_local(next_helper: Callable[..., bool], url: str | None) -> bool:
    """Tell whether the site may send somebody there: a path of ours, or a whole address of ours.

    Browsers pass over control characters and take a backslash for a slash, so that CKAN's own takes
    other sites' addresses for ours; and it takes what is neither path nor address, which leads nowhere.
    """
    if not url or not PLAIN.fullmatch(url):
        return False
    return next_helper(url)
