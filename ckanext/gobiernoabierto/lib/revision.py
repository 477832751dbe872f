"""Which commit a checkout stands at, read from git's own files: there may be no git where the site runs."""

from __future__ import annotations

from pathlib import Path

SHORT = 12


def revision(folder: Path) -> str | None:
    """Return the short hash of the commit that is checked out in ``folder``; None if it is no checkout."""
    git = folder / ".git"
    if git.is_file():
        git = folder / git.read_text("utf-8").removeprefix("gitdir:").strip()
    head = git / "HEAD"
    if not head.is_file():
        return None
    said = head.read_text("utf-8").strip()
    if not said.startswith("ref: "):
        return said[:SHORT]
    return _branch(git, said.removeprefix("ref: "))


def _branch(git: Path, ref: str) -> str | None:
    """Return what a branch stands at; a linked worktree keeps its branches in the common folder."""
    common = git / "commondir"
    places = [git, git / common.read_text("utf-8").strip()] if common.is_file() else [git]
    for place in places:
        loose, packed = place / ref, place / "packed-refs"
        if loose.is_file():
            return loose.read_text("utf-8").strip()[:SHORT]
        lines = packed.read_text("utf-8").splitlines() if packed.is_file() else []
        for line in lines:
            commit, _, name = line.partition(" ")
            if name == ref:
                return commit[:SHORT]
    return None
