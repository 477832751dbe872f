"""CKAN's own actions and permissions, where stock CKAN tells more than it should.

Each function here wraps the one of the same name and goes away when CKAN closes the hole itself.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from . import action, auth, existence, inviting, people, writing

__all__ = ["get_actions", "get_auth_functions"]


def get_actions() -> dict[str, Callable[..., Any]]:
    """Return the chained actions by name."""
    named = {**_named(action), **_named(inviting), **writing.get_actions()}
    return {**named, **existence.get_actions(), **people.get_actions()}


def get_auth_functions() -> dict[str, Callable[..., Any]]:
    """Return the chained auth functions by name."""
    return _named(auth)


def _named(module: ModuleType) -> dict[str, Callable[..., Any]]:
    return {name: getattr(module, name) for name in module.__all__}
