"""bin/serve and what a person decides: the options, and the settings of a site's own."""

from __future__ import annotations

import json
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest


def status(address: str) -> int:
    """Return what an address answers."""
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


# -- The port, and a new beginning ---------------------------------------------------------------------


def test_reset_at_a_taken_port_leaves_the_running_site_alone(site, one_line):
    """It is refused before anything is stopped or deleted."""
    assert site.serve("--background").returncode == 0
    running, other = site.pids(), site.at_another_port()

    with socket.create_server(("127.0.0.1", other.port)):
        line = one_line(other.serve("--reset", "--background"))

    assert f"port {other.port} is taken" in line
    assert site.pids() == running
    assert site.answers()
    site.serve("--stop")


def test_reset_while_another_start_goes_on_deletes_nothing(home, one_line):
    """Who starts holds the lock, and has not written down yet that it runs."""
    run = home.folder / "serve/run"
    run.mkdir(parents=True)
    (run / "secrets.json").write_text("{}")
    with subprocess.Popen(["flock", str(run / "lock"), "cat"], stdin=subprocess.PIPE) as starting:
        while subprocess.run(["flock", "-n", str(run / "lock"), "true"], check=False).returncode == 0:
            pass
        line = one_line(home.serve("--reset"))
        starting.communicate()

    assert "another bin/serve is starting or running" in line
    assert (run / "secrets.json").exists()


def test_options_may_have_their_number_after_a_sign(home, one_line):
    """``--port=N`` is ``--port N``."""
    with socket.create_server(("127.0.0.1", home.port)):
        command = [str(home.checkout / "bin/serve"), f"--port={home.port}", "--demo=0"]
        done = subprocess.run(
            command, env=home.environment(), capture_output=True, text=True, timeout=60, check=False
        )

    assert f"port {home.port} is taken" in one_line(done)
    assert "--demo needs a number" in one_line(home.serve("--demo="))
    assert "unknown option --stop=now" in one_line(home.serve("--stop=now"))


# -- Settings of the site's own ------------------------------------------------------------------------


@pytest.fixture
def own(site) -> Path:
    """The file of the site's own settings, put back afterwards."""
    path = site.folder / "serve/own.ini"
    first = path.read_text("utf-8")
    yield path
    path.write_text(first, "utf-8")
    site.serve("--stop")


def test_a_new_site_has_a_file_for_settings_that_only_its_owner_reads(site):
    """It says by itself what it is for, and sets nothing."""
    path = site.folder / "serve/own.ini"
    assert path.stat().st_mode & 0o777 == 0o600
    lines = path.read_text("utf-8").splitlines()
    assert [line for line in lines if line and not line.startswith(";")] == []
    assert any("ckanext.gobiernoabierto.proposals.open = true" in line for line in lines)


def test_settings_of_the_sites_own_are_taken_up_and_survive(site, own):
    """Also by a reset, and the site may be called as a proxy in front is."""
    text = (
        "# of our own\nckanext.gobiernoabierto.proposals.open = true\nckan.site_title = Ñandú 100%%\n"
        "ckan.site_url = https://datos.example.org\nckanext.gobiernoabierto.site.proxies=1\n"
        "ckan.upload.user.mimetypes = image/png\n  image/gif\n"
    )
    own.write_text(text, "utf-8")

    for options in ([], ["--reset"]):
        done = site.serve("--background", *options)
        assert done.returncode == 0, done.stderr
        assert status(f"{site.url}/proponer") == 200
        with urllib.request.urlopen(f"{site.url}/api/3/action/status_show", timeout=30) as answer:
            result = json.load(answer)["result"]
        assert (result["site_title"], result["site_url"]) == ("Ñandú 100%", "https://datos.example.org")
        assert own.read_text("utf-8") == text
        site.serve("--stop")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("smtp.server", "line 1: "),
        ("; a\n[app:main]\ndebug = false\n", "line 2: "),
        ("a = 1\nb = 2\na = 3\n", "line 3: "),
        ("smtp.password = 50%\n", "smtp.password: "),
        ("sqlalchemy.url = postgresql://elsewhere/ckan\n", "sqlalchemy.url"),
        ("ckan.redis.url=redis://elsewhere\n", "ckan.redis.url"),
        ("SECRET_KEY: of my own\n", "SECRET_KEY"),
        ("use = config:mine.ini\n", "use"),
        ("ckan.site_title = Ñ".encode("latin-1"), "UTF-8"),
    ],
)
def test_a_file_of_settings_that_is_wrong_is_one_line_with_its_path(home, one_line, text, said):
    """Nothing starts with half of it, nor with another database or secret."""
    path = home.folder / "serve/own.ini"
    path.parent.mkdir()
    path.write_bytes(text if isinstance(text, bytes) else text.encode())

    line = one_line(home.serve())

    assert str(path) in line
    assert said in line
    assert home.living() == []


def test_a_value_that_ckan_refuses_is_told_with_the_file(site, own, one_line):
    """It is asked before the site starts, whose log would tell it."""
    own.write_text("ckanext.gobiernoabierto.site.proxies = many\n", "utf-8")

    line = one_line(site.serve("--background"))

    assert str(own) in line
    assert "ckanext.gobiernoabierto.site.proxies" in line
    assert site.living() == []
