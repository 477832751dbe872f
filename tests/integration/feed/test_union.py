"""What datasets say of a thing is said on the pages and in the dump, whichever names it, and how."""

from __future__ import annotations

import datetime as dt
import gzip
import re
from collections.abc import Callable
from typing import Any

import pytest
from ckan import model
from ckanext.gobiernoabierto.entities import references, registry, store
from ckanext.gobiernoabierto.entities.base import PUBLISHED
from ckanext.gobiernoabierto.entities.history import Actor
from ckanext.gobiernoabierto.entities.organization_role import OrganizationRole
from ckanext.gobiernoabierto.feed.model import Entry
from ckanext.gobiernoabierto.links.model import LINKED

from .conftest import ROWS as ENTITIES

SITE = "http://test.ckan.net"
OF_THE_PAGE = (
    f"<{SITE}/catalog.nt",
    f"<{SITE}> <http://purl.org/dc/terms/modified>",
    f"<{SITE}> <http://www.w3.org/ns/dcat#dataset>",
)
THEME = "http://publications.europa.eu/resource/authority/data-theme/GOVE"
NEW, OLD = "taller-nuevo", "ideaton-villa-nueva-2017"
ROWS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("axis", "3-1", {"plan": "3", "number": 1, "name": "Transparencia", "other_names": ["Eje uno"]}),
    (
        "commitment",
        "3-5",
        {
            "plan": "3",
            "number": 5,
            "axis": "3-1",
            "unofficial_title": "Presupuestos abiertos",
            "title_en": "Open budgets",
            "ogp_id": "GT0050",
            "url": "https://example.org/3-5",
            "objective": "Que se lean.",
            "sdgs": [16],
            "start": dt.date(2017, 1, 1),
            "source": ["https://example.org/fuente"],
        },
    ),
    (
        "commitment",
        "3-6",
        {"plan": "3", "number": 6, "predecessor": "3-5", "title": "Otro", "title_en": "Other"},
    ),
    (
        "workshop",
        NEW,
        {
            "title": "Taller nuevo",
            "kind": "co_creation",
            "state": "planned",
            "municipalities": ["0108"],
            "organizers": ["infom"],
            "commitment": "3-6",
            "place": "Salón",
            "start_date": dt.date(2020, 2, 1),
        },
    ),
    (
        "problem",
        "0108-P1",
        {"title": "Basura", "municipality": "0108", "workshop": OLD, "axis": "3-1", "state": "reported"},
    ),
    (
        "idea",
        "0108-I1",
        {
            "title": "Reciclar",
            "municipality": "0108",
            "workshop": NEW,
            "problem": "0108-P1",
            "commitment": "3-11",
            "state": "received",
        },
    ),
    (
        "data_request",
        "0115-S1",
        {
            "title": "Postes",
            "municipality": "0115",
            "problem": "0115-P1",
            "institution": "infom",
            "state": "open",
        },
    ),
)
MUNICIPALITIES = {OLD: "0115", NEW: "0108"} | {
    code: values["municipality"] for _kind, code, values in (*ENTITIES, *ROWS) if "municipality" in values
}
WITH_ROWS = {OLD, NEW, "3-11"}
NAMED = [
    *[("municipality", code) for code in ("0108", "0115")],
    *[("workshop", code) for code in (OLD, NEW)],
    *[("problem", code) for code in ("0108-P1", "0115-P1")],
    *[("idea", "0108-I1"), ("data_request", "0115-S1")],
    *[("commitment", code) for code in ("3-5", "3-6", "3-11")],
    *[("axis", code) for code in ("3-1", "3-3")],
]


@pytest.fixture
def publish(entities: None, call: Any, fields: dict[str, Any]) -> Callable[..., None]:
    """Publish a dataset for each of these (kind, code), which names else only what the form wants."""
    for name, code, values in ROWS:
        store.create(registry.entity_type(name), code, values, PUBLISHED, Actor())
    both = {"municipality": "0115", "coordinator": True}
    model.Session.add(OrganizationRole(organization_id=fields["owner_org"], **both))
    model.Session.commit()
    plain = {name: value for name, value in fields.items() if name not in LINKED}

    def of(*named: tuple[str, str]) -> None:
        for kind, code in named:
            own = {"title": f"De {code}", "name": f"de-{kind}-{code.lower()}", kind: [code]}
            own |= {} if kind == "workshop" else {"workshop_origin": "none"}
            if kind in ("commitment", "axis"):
                own["coverage"] = "national"
            else:
                own |= {"axis": ["3-3"], "municipality": [MUNICIPALITIES.get(code, code)]}
            call("package_create", **{**plain, "theme": [THEME], **own})

    return of


def of_things(lines: list[str]) -> list[str]:
    """Return what is said of anything but the page and what it has."""
    return [line for line in lines if not line.startswith(OF_THE_PAGE)]


def crawled(app: Any) -> list[list[str]]:
    """Return the lines of each page of the catalogue."""
    pages, following = [], "/catalog.nt"
    while following:
        pages.append(app.get(following).body.splitlines())
        found = re.search("hydra/core#next> <([^>]*)>", "\n".join(pages[-1]))
        following = found[1].removeprefix(SITE) if found else ""
    return pages


def document(app: Any, address: str) -> set[str]:
    """Return what stands at a dataset's own address."""
    return set(app.get(f"{address.removeprefix(SITE)}.nt").body.splitlines())


def header() -> set[str]:
    """Return what the log has of the catalogue itself."""
    (body,) = model.Session.query(Entry.body).filter_by(kind="catalog", superseded_by=None).one()
    return set(body.decode().splitlines())


def dumped(app: Any) -> set[str]:
    """Return what the dump says of things."""
    packed = app.test_client().get("/catalog.nt.gz").data
    return set(of_things(gzip.decompress(packed).decode().splitlines()))


def about(lines: set[str], kind: str, code: str) -> set[str]:
    """Return those of the lines that are about an entity or a part of it."""
    path = registry.entity_type(kind).path
    return {line for line in lines if re.match(f"<{SITE}/{path}/{re.escape(code)}[>#]", line)}


def test_each_kind_is_named_by_a_dataset_and_through_another_entity():
    """Of all kinds of which that can be: the tests below ask all of them."""
    rows = [*ENTITIES, *ROWS]
    through = {
        (each.target.name, code)
        for kind, _code, values in rows
        for each in references.references_of(registry.entity_type(kind))
        for code in each.codes(values)
        if kind in LINKED
    }
    possible = {
        each.target.name
        for kind in LINKED
        for each in references.references_of(registry.entity_type(kind))
        if each.target.name in LINKED
    }
    named, both = ({kind for kind, _code in pairs} for pairs in (NAMED, through & set(NAMED)))
    assert named == set(LINKED), f"NAMED: {sorted(named ^ set(LINKED))}"
    assert both == possible, f"one in NAMED that another row of ROWS names: {sorted(both ^ possible)}"


@pytest.mark.parametrize("size", [3, 100])
@pytest.mark.parametrize("order", [1, -1], ids=["as they name each other", "the other way round"])
def test_a_page_is_the_union_of_what_its_datasets_say(
    app: Any, publish: Any, monkeypatch: pytest.MonkeyPatch, ckan_config: Any, size: int, order: int
):
    """Each triple of its datasets and of the header, once, and no other, whatever was written last."""
    monkeypatch.setitem(ckan_config, "ckanext.dcat.datasets_per_page", size)
    publish(*NAMED[::order])
    pages = crawled(app)
    assert len(pages) == -(-len(NAMED) // size)
    for page in pages:
        datasets = re.findall("dcat#dataset> <([^>]*)>", "\n".join(page))
        said = of_things(page)
        assert set(said) == header().union(*(document(app, each) for each in datasets))
        twice = {line for number, line in enumerate(said) if line in said[:number]}
        assert all(line.startswith("<https://example.org/a.csv> ") for line in twice)  # the file of all


@pytest.mark.long
@pytest.mark.parametrize("order", [1, -1], ids=["as they name each other", "the other way round"])
def test_pages_dump_and_documents_say_the_same(app: Any, publish: Any, order: int):
    """Of all that a dataset names. Only the dump has rows (who takes part) and what nobody names itself."""
    publish(*NAMED[::order])
    (page,) = crawled(app)
    datasets = re.findall("dcat#dataset> <([^>]*)>", "\n".join(page))
    paged, dump = set(of_things(page)), dumped(app)
    documents = header().union(*(document(app, each) for each in datasets))
    assert documents == paged <= dump
    for kind, code in NAMED:
        told = about(paged, kind, code)
        assert any("/dc/terms/identifier> " in line for line in told)
        assert told == about(dump, kind, code) or code in WITH_ROWS
    beyond = {line.split(">")[0].removeprefix(f"<{SITE}/").rpartition("/")[0] for line in dump - paged}
    of_rows = {"taller", "compromiso", "vocabulario", "vocabulario/papel"}
    assert beyond - of_rows == {"departamento", "institucion", "organization", "plan"}


def test_what_is_named_through_another_is_called_as_its_own_rdf_calls_it(app: Any, publish: Any):
    """A part of that, so that both may stand on one page: an English title, and no name made up."""
    publish(("commitment", "3-6"))
    found, dump = document(app, "/dataset/de-commitment-3-6"), dumped(app)
    short, whole = about(found, "commitment", "3-5"), about(dump, "commitment", "3-5")
    assert short < whole
    assert any('"Open budgets"@en' in line for line in short)
