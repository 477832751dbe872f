"""When styles and scripts are joined."""

from __future__ import annotations

import os

import pytest
from ckanext.gobiernoabierto.web.assets import CheckedOnce
from webassets import Bundle, Environment


@pytest.fixture
def joined(tmp_path):
    """Return what a process that has just started, or goes on, serves of a style."""
    source = tmp_path / "look.css"

    def read(text: str, updater: CheckedOnce) -> str:
        source.write_text(text)
        os.utime(source, (2**31, 2**31 + len(text)))  # newer than what was joined
        environment = Environment(str(tmp_path / "out"), "/out", cache=False, manifest=False)
        environment.updater = updater
        Bundle(str(source), output="joined.css", env=environment).urls()
        return (tmp_path / "out" / "joined.css").read_text()

    return read


def test_a_file_that_changed_is_joined_when_a_process_starts(joined):
    """A new version of the program brings new styles."""
    assert joined("a {}", CheckedOnce()) == "a {}"
    assert joined("b  {}", CheckedOnce()) == "b  {}"


def test_a_process_looks_once(joined):
    """Not for every page."""
    process = CheckedOnce()
    assert joined("a {}", process) == "a {}"
    assert joined("b  {}", process) == "a {}"
