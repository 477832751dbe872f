"""kill -9 at many moments of many sendings: every mail at most once, one a day, all news told in the end."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import ckan.model as model
import pytest
import sqlalchemy as sa
from ckan.common import config as ckan_config
from ckan.tests.helpers import call_action
from ckanext.gobiernoabierto.entities.base import now
from ckanext.gobiernoabierto.follow.model import UNSURE, Follower, Mail, Subscription

READERS, DAYS, KILLS_A_DAY = 12, 8, 3
PUBLIC = {"visibility": "published"}
YESTERDAY = (
    "UPDATE gobiernoabierto_follower SET read_until = read_until - interval '1 day'",
    "UPDATE gobiernoabierto_subscription SET confirmed = confirmed - interval '1 day'",
    "UPDATE gobiernoabierto_mail SET created = created - interval '1 day', since = since - interval '1 day'",
    # in two steps: no row may pass through the day of another
    "UPDATE gobiernoabierto_mail SET day = day - 1001",
    "UPDATE gobiernoabierto_mail SET day = day + 1000",
    "UPDATE gobiernoabierto_history SET happened = happened - interval '1 day'",
)


@pytest.fixture
def readers(clean_site: None) -> None:
    """A problem, and people who follow it."""
    call_action("gobiernoabierto_department_create", code="01", name="Guatemala", **PUBLIC)
    place = {"code": "0115", "name": "Villa Nueva", "department": "01", **PUBLIC}
    call_action("gobiernoabierto_municipality_create", **place)
    call_action("gobiernoabierto_problem_create", title="Calles oscuras", municipality="0115", **PUBLIC)
    for number in range(READERS):
        reader = Follower(address=f"lectora{number}@example.org", digest=str(number))
        model.Session.add(reader)
        model.Session.flush()
        about = {"kind": "problem", "code": "0115-P1", "confirmed": now()}
        model.Session.add(Subscription(follower=reader.id, **about))
    model.Session.commit()


@pytest.fixture
def sending(mail_server: Any) -> Any:
    """Begin the command in a process of its own."""

    def begin() -> subprocess.Popen[bytes]:
        environment = {"CKAN_SMTP_SERVER": mail_server.address, "CKAN_SMTP_MAIL_FROM": "catalogo@example.org"}
        command = [str(Path(sys.executable).parent / "ckan"), "-c", ckan_config["__file__"]]
        command += ["gobiernoabierto", "follow", "send"]
        return subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    return begin


def kill_after(process: subprocess.Popen[bytes], mail_server: Any, mails: int, seconds: float) -> bool:
    """Kill a sending so long after it has handed over so many mails; False where it had ended."""
    begun = len(mail_server.received)
    while len(mail_server.received) < begun + mails and process.poll() is None:
        time.sleep(0.0005)
    time.sleep(seconds)
    process.kill()
    return process.wait() == -signal.SIGKILL


def test_no_mail_is_repeated_and_no_news_are_lost(readers: None, sending: Any, mail_server: Any):
    """What was told twice was told in two mails, after a kill while one was being handed over."""
    chance, killed, mail_server.seconds = random.Random(20161117), 0, 0.01
    on_day: list[Counter[str]] = []
    for day in range(DAYS):
        version = call_action("gobiernoabierto_problem_show", code="0115-P1")["version"]
        said = {"entity": "problem", "code": "0115-P1", "version": version, "office": "Alcaldía"}
        call_action("gobiernoabierto_answer_create", text=f"Respuesta número {day}.", **said)
        before = len(mail_server.received)
        for _kill in range(KILLS_A_DAY):
            process = sending()
            killed += kill_after(process, mail_server, chance.randint(0, 4), chance.uniform(0, 0.03))
        assert sending().wait() == 0
        on_day.append(Counter(mail["To"] for mail in mail_server.received[before:]))
        model.Session.rollback()
        for statement in YESTERDAY:
            model.Session.execute(sa.text(statement))
        model.Session.commit()
    before = len(mail_server.received)
    assert sending().wait() == 0
    on_day.append(Counter(mail["To"] for mail in mail_server.received[before:]))

    assert killed > DAYS
    assert max(max(each.values(), default=0) for each in on_day) == 1
    assert len({mail["Message-ID"] for mail in mail_server.received}) == len(mail_server.received)
    told: dict[str, Counter[int]] = defaultdict(Counter)
    for mail in mail_server.received:
        told[mail["To"]].update(day for day in range(DAYS) if f"Respuesta número {day}." in mail.text)
    assert len(told) == READERS
    assert all(set(each) == set(range(DAYS)) for each in told.values())
    unsure = model.Session.query(Mail).filter_by(state=UNSURE).count()
    again = sum(number - 1 for each in told.values() for number in each.values())
    assert again <= unsure * DAYS
