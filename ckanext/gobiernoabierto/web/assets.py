"""Styles and scripts: joined from the files of the program, which change with a restart."""

from __future__ import annotations

from typing import Any

import ckan.plugins.toolkit as tk
from ckan.lib import webassets_tools
from webassets.updater import TimestampUpdater


class CheckedOnce(TimestampUpdater):
    """Looks once in each process whether an asset has to be joined anew.

    CKAN's own looks at every file for every page, which takes a fifth of the time of a short one.
    """

    id = "gobiernoabierto_once"

    def __init__(self) -> None:
        """Begin with nothing looked at."""
        self._checked: set[str] = set()

    def needs_rebuild(self, bundle: Any, ctx: Any) -> Any:
        """Tell whether a file of the asset is newer than what was joined of it."""
        if bundle.output in self._checked:
            return False
        self._checked.add(bundle.output)
        return super().needs_rebuild(bundle, ctx)

    def build_done(self, bundle: Any, ctx: Any) -> None:
        """Take note that the asset was joined just now."""
        self._checked.add(bundle.output)
        super().build_done(bundle, ctx)


def install() -> None:
    """Look once, unless somebody works on the files."""
    if not tk.config["debug"]:
        webassets_tools.env.updater = CheckedOnce()
