"""bin/serve and its administrator: somebody can sign in, however the first start went."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess

from passlib.hash import pbkdf2_sha512


def sql(site, statement: str) -> str:
    """Run a statement in the database of the running site, and return its rows."""
    secrets = json.loads((site.folder / "serve/run/secrets.json").read_text())
    port = json.loads((site.folder / "serve/run/ports.json").read_text())["postgres"]
    done = subprocess.run(
        ["psql", "-h", "127.0.0.1", "-p", str(port), "-U", "ckan", "-AtF ", "-c", statement, "ckan"],
        env={**os.environ, "PGPASSWORD": secrets["database"]},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def assert_can_sign_in(site) -> None:
    """The administrator is one, with the password that the file tells."""
    name, password = (site.folder / "serve/administrator.txt").read_text().split()
    sysadmin, kept = sql(site, f"SELECT sysadmin, password FROM \"user\" WHERE name = '{name}'").split()
    assert sysadmin == "t"
    assert pbkdf2_sha512.verify(password, kept)


def test_first_start_that_is_interrupted_at_the_administrator_is_made_good(home):
    """The next start makes who can sign in."""
    with subprocess.Popen(
        home.command(),
        env=home.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        bufsize=0,
    ) as serving:
        assert serving.stdout is not None
        shown = b""
        while b"Creating the administrator" not in shown:
            shown += (piece := serving.stdout.read(1))
            assert piece, "it ended too soon"
        serving.send_signal(signal.SIGINT)
        serving.communicate(timeout=60)

    done = home.serve("--background")

    assert done.returncode == 0, done.stderr
    assert_can_sign_in(home)


def test_a_terminal_is_asked_nothing(site):
    """CKAN asks it for the new account's password, even with an answer at hand, and waits for ever."""
    assert site.serve("--background").returncode == 0
    sql(site, "UPDATE \"user\" SET name = 'former', email = 'a@example.org' WHERE name = 'admin'")
    site.serve("--stop")
    (site.folder / "serve/run/set-up").unlink()

    command = shlex.join(site.command("--background"))
    with subprocess.Popen(
        ["script", "--quiet", "--return", "--command", command, "/dev/null"],
        env=site.environment(),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as terminal:
        assert terminal.wait(300) == 0

    assert_can_sign_in(site)
    site.serve("--stop")


def test_administrator_who_is_no_sysadmin_yet_becomes_one(site):
    """A first start ended between the account and its right."""
    assert site.serve("--background").returncode == 0
    sql(site, "UPDATE \"user\" SET sysadmin = false WHERE name = 'admin'")
    site.serve("--stop")
    (site.folder / "serve/run/set-up").unlink()

    done = site.serve("--background")

    assert done.returncode == 0, done.stderr
    assert_can_sign_in(site)
    site.serve("--stop")


def test_administrator_who_was_taken_the_right_keeps_none_after_an_update(site):
    """What an operator decided is not undone; nor is the file needed that told the password."""
    assert site.serve("--background").returncode == 0
    sql(site, "UPDATE \"user\" SET sysadmin = false WHERE name = 'admin'")
    site.serve("--stop")
    told = site.folder / "serve/administrator.txt"
    text = told.read_text()
    told.unlink()
    (site.folder / "serve/run/set-up").write_text("of another checkout")

    done = site.serve("--background")

    assert done.returncode == 0, done.stderr
    assert sql(site, "SELECT sysadmin FROM \"user\" WHERE name = 'admin'") == "f"
    assert not told.exists()
    sql(site, "UPDATE \"user\" SET sysadmin = true WHERE name = 'admin'")
    told.write_text(text)
    site.serve("--stop")
