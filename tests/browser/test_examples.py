"""What developers are told to type runs as it stands, against a real server."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests

SITE = "http://127.0.0.1:5000"
BLOCK = re.compile(r"^```(sh|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DOCUMENT = Path(__file__).parents[2] / "docs/harvest.md"
BLOCKS = BLOCK.findall(DOCUMENT.read_text("utf-8"))
PROGRAMS = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-W", "error", "-c"]}
SECONDS = 60


@pytest.fixture(scope="module")
def told(live_site: Any, catalogue: dict[str, str]) -> None:
    """The feed has all that is published: without a worker each reader flushes a part of it."""
    while requests.get(f"{live_site.url}/catalog/estado.json", timeout=SECONDS).json()["waiting"]:
        pass


def run(language: str, text: str, folder: Path) -> str:
    """Run an example in an empty folder, and return what it printed."""
    command = [*PROGRAMS[language], text]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, f"{text}\n{done.stdout[-500:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.mark.parametrize(
    ("language", "text"), BLOCKS, ids=[f"{n}-{each[0]}" for n, each in enumerate(BLOCKS)]
)
@pytest.mark.usefixtures("told")
def test_the_examples_of_the_contract_run(live_site: Any, tmp_path: Path, language: str, text: str):
    """And print something."""
    assert SITE in text
    assert run(language, text.replace(SITE, live_site.url), tmp_path).strip()


@pytest.mark.usefixtures("told")
def test_the_commands_of_the_page_run(live_site: Any, tmp_path: Path):
    """As whoever copies them would: one after the other, in one folder; none asks anybody else."""
    page = requests.get(f"{live_site.url}/datos-abiertos", timeout=SECONDS).text
    commands = [html.unescape(each) for each in re.findall(r"<pre[^>]*><code>(.*?)</code>", page, re.DOTALL)]
    assert len(commands) > 5
    for command in commands:
        assert all(
            each.startswith(live_site.url)
            for each in re.findall(r"https?://[^\s'>]+", command)
            if "w3.org" not in each
        )
        printed = run("sh", command, tmp_path)
        assert printed.strip() or any(tmp_path.iterdir()), command


def test_the_contract_shows_how_to_read_each_way():
    """Dumps, pages, changes, OAI-PMH, state: there is an example of each."""
    text = "".join(each for _, each in BLOCKS)
    for address in (
        "/catalog.nt.gz",
        "/catalog.nt",
        "If-None-Match",
        "/catalog/changes",
        "/oai",
        "estado.json",
    ):
        assert address in text, address
