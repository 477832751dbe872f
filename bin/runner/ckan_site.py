"""CKAN itself: its configuration file, what is done once for a new database, the web process, the worker."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from backends import answers_ok, run
from place import CHECKOUT, Place
from processes import Service

PACKAGE = CHECKOUT / "ckanext" / "gobiernoabierto"
# What the set-up of a database depends on: when one of these changes, it is done again.
SET_UP_SOURCES = ("requirements.txt", "ckanext/**/migration/**/*.py", "ckanext/**/data/*", "i18n/**/*.po")

# What only bin/serve may set: with another database, queue or secret the data would be somebody else's.
STANDS_ON = {
    *("use", "sqlalchemy.url", "solr_url", "ckan.redis.url", "ckan.storage_path", "ckan.site_id"),
    *("SECRET_KEY", "WTF_CSRF_SECRET_KEY"),
}

# What a new site is filled with, in this order; each is safe to repeat.
CONTENT = (
    ("Loading the reference rows", ("gobiernoabierto", "reference", "load")),
    ("Publishing the first datasets", ("gobiernoabierto", "demo", "first")),
    ("Writing the feed of what is published", ("gobiernoabierto", "feed", "flush")),
)

LOGGING = """
[loggers]
keys = root, ckan, ckanext

[handlers]
keys = console

[formatters]
keys = plain

[logger_root]
level = WARNING
handlers = console

[logger_ckan]
level = INFO
handlers = console
qualname = ckan
propagate = 0

[logger_ckanext]
level = INFO
handlers = console
qualname = ckanext
propagate = 0

[handler_console]
class = StreamHandler
args = (sys.stderr,)
formatter = plain

[formatter_plain]
format = %(asctime)s %(levelname)s [%(name)s] %(message)s
"""


def write_ini(
    place: Place,
    path: Path,
    base: Path,
    ports: dict[str, int],
    *,
    database: str = "ckan",
    redis_database: int = 0,
    settings: dict[str, str] | None = None,
) -> None:
    """Write a CKAN configuration that stands on ``base`` and adds what is of this place only."""
    loopback = "127.0.0.1"
    all_settings = {
        "use": f"config:{base}",
        "sqlalchemy.url": f"postgresql://ckan:{place.secret('database')}@{loopback}:{ports['postgres']}/{database}",
        "solr_url": f"http://{loopback}:{ports['solr']}/solr/ckan",
        "ckan.redis.url": f"redis://:{place.secret('redis')}@{loopback}:{ports['redis']}/{redis_database}",
        "ckan.storage_path": str(place.storage),
        "SECRET_KEY": place.secret("site"),
        "WTF_CSRF_SECRET_KEY": place.secret("csrf"),
        **(settings or {}),
    }
    # The further lines of a value are indented.
    lines = "".join(
        f"{key} = {value}\n".replace("\n", "\n    ").rstrip() + "\n" for key, value in all_settings.items()
    )
    place.write(path, f"# Written at each start.\n[app:main]\n{lines}{LOGGING}")


def ckan(place: Place, what: str, *arguments: str, typed: str = "") -> str:
    """Run one of CKAN's commands against the site."""
    command = [str(place.venv / "ckan"), "-c", str(place.ini), *arguments]
    return run(place, what, command, "setup", typed)


def set_up_key() -> str:
    """Return a digest of everything that the set-up of a database depends on."""
    digest = hashlib.sha256()
    for pattern in SET_UP_SOURCES:
        for path in sorted(CHECKOUT.glob(pattern)):
            if path.is_file():
                digest.update(path.read_bytes())
    return digest.hexdigest()


def create_administrator(place: Place) -> None:
    """Create the administrator ``admin`` or what it lacks; its password is in ``administrator.txt``."""
    password = place.secret("administrator")
    # Whoever is not there is made first, which asks; an account that is there gets the right.
    ckan(
        place,
        "creating the administrator",
        *("sysadmin", "add", "admin", "email=admin@localhost.localdomain"),
        typed=f"y\n{password}\n{password}\n",
    )
    place.write(place.root / "administrator.txt", f"admin\n{password}\n")


def web(place: Place, port: int) -> Service:
    """Return the site, served by gunicorn: two processes of four threads."""
    command = [
        str(place.venv / "gunicorn"),
        "--chdir",
        str(CHECKOUT / "docker"),
        "--bind",
        f"127.0.0.1:{port}",
    ]
    command += [
        "--workers",
        "2",
        "--threads",
        "4",
        "--timeout",
        "120",
        "--access-logfile",
        "-",
        "wsgi:application",
    ]
    address = f"http://127.0.0.1:{port}/api/3/action/status_show"
    return Service(
        "web",
        command,
        lambda: answers_ok(address),
        patience=120,
        environment={"CKAN_INI": str(place.ini), "HOME": os.devnull},
    )


def worker(place: Place) -> Service:
    """Return the process that does CKAN's background jobs."""
    command = [str(place.venv / "ckan"), "-c", str(place.ini), "jobs", "worker"]
    log = place.log("worker")
    began = log.stat().st_size if log.exists() else 0

    def answers() -> bool:
        return b"Listening on" in log.read_bytes()[began:] or b"has started" in log.read_bytes()[began:]

    return Service("worker", command, answers, patience=60)
