"""bin/serve a second time, its end, and what others on the machine see of it meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

# -- Starting again, and stopping ----------------------------------------------------------------------


def dump(site) -> str:
    """Return all rows of the running site's database, as text."""
    secrets = json.loads((site.folder / "serve/run/secrets.json").read_text())
    port = json.loads((site.folder / "serve/run/ports.json").read_text())["postgres"]
    done = subprocess.run(
        ["pg_dump", "-h", "127.0.0.1", "-p", str(port), "-U", "ckan", "ckan"],
        env={**os.environ, "PGPASSWORD": secrets["database"]},
        capture_output=True,
        text=True,
        check=True,
    )
    # pg_dump guards its output with a new random word each time.
    return "".join(
        line for line in done.stdout.splitlines(True) if not line.startswith(("\\restrict", "\\unrestrict"))
    )


def settled(site) -> str:
    """Return ``dump`` once the jobs of the start are done: two looks, seconds apart, see the same."""
    rows = dump(site)
    for _ in range(20):
        time.sleep(5)
        before, rows = rows, dump(site)
        if rows == before:
            return rows
    raise AssertionError("the site does not come to rest")


def test_second_start_is_quick_and_changes_nothing(site):
    """Under 20 s; the same passwords, the same rows."""
    assert site.serve("--background").returncode == 0
    before = settled(site), (site.folder / "serve/administrator.txt").read_text()
    site.serve("--stop")

    # On a machine whose cores are shared the clock runs on while others work.
    shared_by = max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))
    began = time.monotonic()
    done = site.serve("--background")
    took = time.monotonic() - began

    assert done.returncode == 0, done.stderr
    assert took < 20 * shared_by
    assert (settled(site), (site.folder / "serve/administrator.txt").read_text()) == before
    site.serve("--stop")


def test_starting_twice_says_where_it_runs(site, one_line):
    """The second start leaves the first alone, and another port is refused."""
    assert site.serve("--background").returncode == 0
    running = site.pids()

    assert f"Already running at {site.url}" in site.serve("--background").stdout
    refused = site.at_another_port().serve()
    assert f"already running at {site.url}" in one_line(refused)
    assert site.pids() == running
    assert site.answers()
    site.serve("--stop")


def test_stop_ends_only_what_this_home_started(site, home):
    """Another home's site goes on, and so does a process that has got a recorded id since."""
    assert site.serve("--background").returncode == 0
    with subprocess.Popen(["sleep", "600"]) as stranger:
        record = home.folder / "serve/run/processes.json"
        record.parent.mkdir(parents=True)
        record.write_text(
            json.dumps({"bin/serve": [stranger.pid, "another-boot:1"], "web": [stranger.pid, None]})
        )

        assert "Nothing is running" in home.serve("--stop").stdout

        assert stranger.poll() is None
        assert site.answers()
        stranger.kill()
    assert "Stopped" in site.serve("--stop").stdout
    assert site.dies_out(5), site.living()


def test_reset_begins_afresh(site):
    """New passwords, and what was uploaded is gone."""
    (site.folder / "serve/storage/upload").write_text("x")
    before = (site.folder / "serve/administrator.txt").read_text()

    done = site.serve("--reset", "--background")

    assert done.returncode == 0, done.stderr
    assert (site.folder / "serve/administrator.txt").read_text() != before
    assert not (site.folder / "serve/storage/upload").exists()
    site.serve("--stop")


def test_home_in_a_folder_that_is_closed_to_others(closed_home):
    """The services' user gets in to read, and everything works."""
    done = closed_home.serve("--background")

    assert done.returncode == 0, done.stderr
    assert closed_home.answers()
    closed_home.serve("--stop")
    assert closed_home.dies_out(5), closed_home.living()


def test_home_whose_path_has_a_space_and_an_accent(accented_home):
    """Redis, Java and the site find what is theirs."""
    done = accented_home.serve("--background", LC_ALL="POSIX")

    assert done.returncode == 0, done.stderr
    assert accented_home.answers()
    accented_home.serve("--stop")
    assert accented_home.dies_out(5), accented_home.living()


# -- What others on the machine can see ----------------------------------------------------------------


def test_secrets_are_for_their_owner_only(site):
    """In no log, in no command line, in no file that others may read."""
    assert site.serve("--background").returncode == 0
    secrets = json.loads((site.folder / "serve/run/secrets.json").read_text()).values()

    commands = "\n".join(site.living())
    for secret in secrets:
        assert secret not in commands
        for file in (site.folder / "serve").rglob("*"):
            if file.is_file() and secret.encode() in file.read_bytes():
                assert file.stat().st_mode & 0o077 == 0, file
                assert file.suffix != ".log", file
    logs = list((site.folder / "serve/log").iterdir())
    assert {"web.log", "worker.log", "postgres.log"} <= {log.name for log in logs}
    assert [log for log in logs if log.stat().st_mode & 0o077] == []
    site.serve("--stop")


def test_everything_listens_on_the_loopback_address_only(site):
    """No service can be reached from another machine."""
    assert site.serve("--background").returncode == 0
    loopback = ("0100007F", "0000000000000000FFFF00000100007F", "00000000000000000000000001000000")
    listening, open_to_all = set(), set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for row in Path(table).read_text().splitlines()[1:]:
            local, state, inode = row.split()[1], row.split()[3], row.split()[9]
            if state == "0A":
                (listening if local.split(":")[0] in loopback else open_to_all).add(f"socket:[{inode}]")

    ours = set()
    for line in site.living():
        for descriptor in Path(f"/proc/{line.split()[0]}/fd").iterdir():
            with suppress(OSError):
                ours.add(str(descriptor.readlink()))

    assert len(ours & listening) >= 4  # PostgreSQL, Redis, Solr, the site
    assert not ours & open_to_all
    site.serve("--stop")
