"""Which page of a site an address is, however it is spelled."""

from __future__ import annotations

from urllib.parse import SplitResult, unquote, urlsplit

PORTS = {"http": 80, "https": 443}


def steps_on(site: str, address: str) -> list[str] | None:
    """Return the parts of the path that ``address`` has on ``site``, or None where it is of another one.

    As browsers, proxies and Werkzeug take it: capitals in the name, the scheme's own port, either scheme,
    ``%63`` and ``%2F`` in the path, doubled slashes, ``.`` and ``..``, and what follows ``?`` or ``#``.
    """
    try:
        own, given = urlsplit(site), urlsplit(address)
        if given.scheme not in PORTS or _place(given) != _place(own):
            return None
    except ValueError:
        return None
    root, steps = _steps(own), _steps(given)
    return steps[len(root) :] if steps[: len(root)] == root else None


def _place(parts: SplitResult) -> tuple[str, int | None]:
    """Return the host as DNS has it, and a port that is not that of the scheme; ValueError for none."""
    host = (parts.hostname or "").encode("idna").decode().rstrip(".")
    return host, None if parts.port == PORTS.get(parts.scheme) else parts.port


def _steps(parts: SplitResult) -> list[str]:
    steps: list[str] = []
    for step in unquote(parts.path).split("/"):
        if step == "..":
            del steps[-1:]
        elif step not in ("", "."):
            steps.append(step)
    return steps
