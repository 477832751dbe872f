"""The commit of a checkout."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ckanext.gobiernoabierto.lib.revision import revision


def git(folder: Path, *arguments: str) -> str:
    """Run git as a nobody."""
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit on one branch."""
    folder = tmp_path / "checkout"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "main")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_a_branch_is_known_loose_and_packed(checkout):
    """git packs its branches some day."""
    known = git(checkout, "rev-parse", "HEAD")[:12]
    assert revision(checkout) == known
    git(checkout, "pack-refs", "--all")
    assert revision(checkout) == known


def test_a_detached_head_is_known(checkout):
    """As a deployment checks out a tag."""
    git(checkout, "checkout", "-q", "--detach")
    assert revision(checkout) == git(checkout, "rev-parse", "HEAD")[:12]


def test_a_linked_worktree_is_known(checkout, tmp_path):
    """Its .git is a file, its branches are in the common folder."""
    git(checkout, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    assert revision(tmp_path / "linked") == git(checkout, "rev-parse", "HEAD")[:12]


def test_what_is_no_checkout_has_no_commit(tmp_path):
    """An installed wheel."""
    assert revision(tmp_path) is None
