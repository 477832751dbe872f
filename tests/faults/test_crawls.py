"""A thousand crawls, and officers do as they like between any two requests: nothing lost, twice or leaked."""

from __future__ import annotations

import logging
import random
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pyoxigraph
import pytest
import sqlalchemy as sa
from ckan import model
from ckan.tests import factories
from ckanext.gobiernoabierto.feed import flush

log = logging.getLogger(__name__)
CRAWLS, DATASETS, PER_PAGE, MOST_CHANGES = 1000, 12, 3, 3
CANARY = "CANARIO"
NEXT = "http://www.w3.org/ns/hydra/core#next"
DATASET = "http://www.w3.org/ns/dcat#dataset"
TITLE = "http://purl.org/dc/terms/title"


@dataclass
class Officers:
    """They edit, rename, hide, delete and bring back, by SQL: the triggers see it as they see all."""

    chance: random.Random
    titles: dict[str, str]
    """{id of a public dataset: its title}."""
    hidden: set[str] = field(default_factory=set)
    taken_back: set[str] = field(default_factory=set)
    """Those that were hidden since the crawl began, if only for a moment."""
    done: int = 0

    def change_something(self) -> None:
        """Do one thing and commit it."""
        subject = self.chance.choice(sorted({*self.titles, *self.hidden}))
        self.done += 1
        if subject in self.hidden:
            self.chance.choice([self.edit_hidden, self.publish, self.publish])(subject)
        else:
            self.chance.choice([self.edit, self.edit, self.rename, self.hide, self.rename_axis])(subject)
        model.Session.commit()

    def _write(self, subject: str, **values: Any) -> None:
        columns = ", ".join(f"{name} = :{name}" for name in values)
        statement = sa.text(f"UPDATE package SET {columns} WHERE id = :id")
        model.Session.execute(statement, {**values, "id": subject})

    def edit(self, subject: str) -> None:
        """Give it another title."""
        self.titles[subject] = f"Título {self.done}"
        self._write(subject, title=self.titles[subject])

    def edit_hidden(self, subject: str) -> None:
        """Write what nobody may read into one that is hidden."""
        self._write(subject, title=f"{CANARY} {self.done}", notes=f"{CANARY} {self.done}")

    def rename(self, subject: str) -> None:
        """Give it another name; its id stays."""
        self._write(subject, name=f"nombre-{self.done}")

    def hide(self, subject: str) -> None:
        """Make it private, a draft, or delete it, with what nobody may read."""
        how = self.chance.choice([{"private": True}, {"state": "draft"}, {"state": "deleted"}])
        del self.titles[subject]
        self.hidden.add(subject)
        self.taken_back.add(subject)
        self._write(subject, **how, title=f"{CANARY} {self.done}")

    def publish(self, subject: str) -> None:
        """Bring it back."""
        self.hidden.remove(subject)
        self.titles[subject] = f"Título {self.done}"
        told = {"title": self.titles[subject], "notes": "Luminarias"}
        self._write(subject, **told, private=False, state="active")

    def rename_axis(self, _subject: str) -> None:
        """Rename what all of them name."""
        statement = sa.text("UPDATE gobiernoabierto_axis SET name = :name WHERE code = '1-1'")
        model.Session.execute(statement, {"name": f"Datos {self.done}"})


@pytest.fixture
def officers(publishable: dict[str, Any]) -> Officers:
    """They begin with a dozen public datasets."""
    made = [factories.Dataset(**publishable, notes="Luminarias") for _ in range(DATASETS)]
    flush.flush()
    return Officers(random.Random(20161128), {each["id"]: each["title"] for each in made})


class Crawl:
    """What a harvester has seen."""

    def __init__(self, app: Any, officers: Officers):
        self.app, self.officers = app, officers
        officers.taken_back.clear()
        self.then = dict(officers.titles)
        self.seen: list[str] = []
        self.wrong: list[str] = []
        self.following: str | None = "/catalog.nt"

    def step(self) -> None:
        """Read a page."""
        body = self.app.get(self.following).data
        said: dict[str, list[Any]] = {NEXT: [], DATASET: []}
        titles = {}
        for triple in pyoxigraph.parse(body, pyoxigraph.RdfFormat.N_TRIPLES):
            if triple.predicate.value in said:
                said[triple.predicate.value].append(triple.object.value)
            elif triple.predicate.value == TITLE:
                titles[triple.subject.value] = triple.object.value
        for address in said[DATASET]:
            subject = address.rpartition("/")[2]
            self.seen.append(subject)
            self._look_at(subject, titles[address])
        if CANARY.encode() in body:
            self.wrong.append("a canary")
        (following,) = said[NEXT] or [None]
        parts = urlsplit(following) if following else None
        self.following = f"{parts.path}?{parts.query}" if parts else None

    def _look_at(self, subject: str, title: str) -> None:
        # what was hidden and came back has no text of before any more: its present one stands there
        if subject not in self.officers.taken_back and title != self.then.get(subject):
            self.wrong.append(f"{subject} is called {title!r}")

    def verdict(self) -> dict[str, int]:
        """Return how many are lost, repeated, too many, or say what they did not say."""
        lost = set(self.then) - set(self.seen) - self.officers.taken_back
        return {
            "lost": len(lost),
            "repeated": len(self.seen) - len(set(self.seen)),
            "too many": len(set(self.seen) - set(self.then)),
            "wrong": len(self.wrong),
        }


@pytest.mark.ckan_config("ckanext.dcat.datasets_per_page", str(PER_PAGE))
def test_no_crawl_loses_repeats_or_leaks_whatever_is_done_meanwhile(app: Any, officers: Officers):
    """Each is of the moment at which it began, less what has been taken back since."""
    found = dict.fromkeys(("lost", "repeated", "too many", "wrong"), 0)
    read = 0
    for number in range(CRAWLS):
        for _ in range(officers.chance.randint(0, MOST_CHANGES)):
            officers.change_something()
        crawl = Crawl(app, officers)
        while crawl.following:
            crawl.step()
            for _ in range(officers.chance.randint(0, MOST_CHANGES)):
                officers.change_something()
        verdict = crawl.verdict()
        assert not any(verdict.values()), (number, verdict, crawl.wrong)
        found = {name: found[name] + verdict[name] for name in found}
        read += len(crawl.seen)
    log.warning("%s crawls, %s datasets read, %s changes: %s", CRAWLS, read, officers.done, found)
    assert read > CRAWLS * DATASETS / 3
    assert officers.done > CRAWLS * MOST_CHANGES
