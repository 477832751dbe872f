"""bin/serve and what a person decides: the options, and the settings of a site's own."""

from __future__ import annotations

import socket
import subprocess


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
