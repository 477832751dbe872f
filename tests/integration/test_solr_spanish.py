"""Search speaks Spanish: asked through CKAN's own package_search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ckan.lib.search.common import make_connection
from ckan.tests import factories, helpers

pytestmark = pytest.mark.usefixtures("clean_site")

# What an officer writes, and what a visitor types: with and without accent, singular and plural.
PAIRS = (
    ("inversión", "inversion"),
    ("transacción", "transacciones"),
    ("vía", "vías"),
    ("río", "rios"),
    ("agua", "aguas"),
    ("niñez", "ninez"),
    ("niña", "niñas"),
    ("camiones", "camion"),
    ("alcaldía", "alcaldias"),
    ("municipalidad", "municipalidades"),
    ("presupuesto", "presupuestos"),
    ("escuela", "escuelas"),
    ("clínica", "clinicas"),
    ("mercado", "mercados"),
    ("rótulo", "rotulos"),
    ("árbol", "arboles"),
    ("luz", "luces"),
    ("parque", "parques"),
    ("jóvenes", "joven"),
    ("mujer", "mujeres"),
    ("autobús", "autobuses"),
    ("drenaje", "drenajes"),
    ("basura", "basuras"),
    ("comisión", "comision"),
    ("índice", "indices"),
    ("régimen", "regimenes"),
    ("mes", "meses"),
    ("país", "paises"),
    ("raíz", "raices"),
    ("pared", "paredes"),
    ("bebé", "bebes"),
    ("ley", "leyes"),
    ("aldea", "aldeas"),
    ("cantón", "cantones"),
    ("semáforo", "semaforos"),
    ("útil", "utiles"),
    ("lápiz", "lápices"),
    ("menú", "menus"),
    ("cafetal", "cafetales"),
    ("teléfono", "telefonos"),
)


@pytest.fixture
def dataset(publishable: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """Publish a dataset whose other texts say nothing."""

    def publish(**fields: Any) -> dict[str, Any]:
        return factories.Dataset(**{"title": "x", "notes": "x", **publishable, **fields})

    return publish


def found(question: str) -> list[str]:
    """Return the names of the datasets that a visitor's question finds."""
    answer = helpers.call_action("package_search", q=question, rows=100)
    return [each["name"] for each in answer["results"]]


def test_word_pairs_find_each_other(dataset: Callable[..., dict[str, Any]]) -> None:
    """At least 39 of 40 pairs, both ways."""
    assert len(set(PAIRS)) == 40
    dataset(name="written", notes=" ".join(one for one, _other in PAIRS))
    dataset(name="typed", notes=" ".join(other for _one, other in PAIRS))

    lost = [
        (one, other) for one, other in PAIRS if "typed" not in found(one) or "written" not in found(other)
    ]

    assert len(lost) <= 1, f"{40 - len(lost)} of 40 pairs; not found: {lost}"


def test_every_text_is_found_without_accent_and_in_the_plural(dataset: Callable[..., dict[str, Any]]) -> None:
    """Title, description, tags and files, whichever way a visitor types."""
    url = "https://example.org/a.csv"
    dataset(name="title", title="Inversión pública")
    dataset(name="description", notes="La inversión de este año")
    dataset(name="tag", tags=[{"name": "inversión"}])
    dataset(name="file", resources=[{"name": "Inversión por aldea", "url": url}])
    dataset(name="file-description", resources=[{"description": "Inversión por aldea", "url": url}])
    dataset(name="another", title="Mercados")

    for typed in ("inversion", "inversiones", "INVERSIÓN"):
        assert sorted(found(typed)) == ["description", "file", "file-description", "tag", "title"], typed


def test_an_idea_marathon_is_found_by_any_of_its_names(dataset: Callable[..., dict[str, Any]]) -> None:
    """Ideatón, maratón de ideas and taller are one thing to those who ask."""
    for name, title in (("one", "Ideatón de Mixco"), ("two", "Taller, abril"), ("three", "Maratón de ideas")):
        dataset(name=name, title=title)
    dataset(name="another", title="Mercados")

    for typed in (
        "ideatón",
        "ideaton",
        "Ideatones",
        "taller",
        "talleres",
        "maratón de ideas",
        "maraton de ideas",
    ):
        assert sorted(found(typed)) == ["one", "three", "two"], typed


def test_small_words_of_a_question_need_not_be_there(dataset: Callable[..., dict[str, Any]]) -> None:
    """A question asked as people talk finds what is written without its small words."""
    dataset(name="it", title="Recolección basura Villa Nueva")

    assert found("la basura de Villa Nueva") == found("de la basura") == ["it"]


def test_words_that_differ_stay_apart(dataset: Callable[..., dict[str, Any]]) -> None:
    """Stemming does not make one word of two."""
    dataset(name="it", title="Papa y papel")

    assert found("papá") == ["it"]
    assert found("mar") == found("casa") == found("paz") == []


def test_names_of_linked_entities_are_searched_and_their_codes_are_facets(
    dataset: Callable[..., dict[str, Any]],
) -> None:
    """What the index gets as linked_names answers to a question; each code counts alone."""
    kept = dataset(name="it")
    solr = make_connection()
    document = dict(solr.search(f"id:{kept['id']}").docs[0])
    for computed in ("_version_", "title_ngram", "name_ngram", "indexed_ts"):
        document.pop(computed, None)
    for date in ("metadata_created", "metadata_modified"):
        document[date] = document[date].strftime("%Y-%m-%dT%H:%M:%SZ")
    document |= {"linked_names": ["San José Poaquil", "Ideatón de abril"], "municipality": ["0115", "0416"]}
    solr.add([document], commit=True)

    answer = helpers.call_action("package_search", q="jose poaquil", **{"facet.field": ["municipality"]})

    assert [each["name"] for each in answer["results"]] == ["it"]
    assert answer["facets"]["municipality"] == {"0115": 1, "0416": 1}
    assert helpers.call_action("package_search", fq="municipality:0416")["count"] == 1
