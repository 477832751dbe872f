"""Every fact of the two documents that the catalogue began with is on the page of which it is a fact."""

from __future__ import annotations

import csv
import html
import re
from importlib import resources

import pytest
from ckan.tests.helpers import CKANTestApp
from ckanext.gobiernoabierto.logic.reference import SHIPPED

WORDS = {
    "oficio GER-1530-2016": (
        *("GER-1530-2016", "28 de septiembre de 2016"),
        *("Gerencia General del INFOM", "Alcaldía Municipal de Mixco"),
    ),
    "confirmar a más tardar": ("martes 4 de octubre de 2016", "2422-1425"),
    "reunión informativa": ("17 de octubre de 2016, 9:00", "Instalaciones de INFOM"),
    "Tercer Plan": (
        "Tercer Plan de Acción Nacional de Gobierno Abierto 2016-2018",
        "22 compromisos",
        "Ejes 5",
    ),
    "vigencia del": ("15 de agosto de 2016", "30 de junio de 2018"),
    "ejes: Acceso": (
        *("Acceso a la Información Pública", "Innovación Tecnológica", "Participación Ciudadana"),
        *("Rendición de Cuentas", "Transparencia Fiscal"),
    ),
    "Diseño e implementación": (
        "Diseño e implementación de un programa piloto de maratones de ideas como mecanismo de colaboración y"
        " participación ciudadana a nivel municipal para el mejoramiento de servicios municipales",
    ),
    "el compromiso está en": ("Participación Ciudadana",),
    "coordina INFOM": (
        *("Instituto de Fomento Municipal", "Asociación Nacional de Municipalidades"),
        *("Munis Abiertas", "Acción Ciudadana"),
    ),
    "plan piloto de ocho": ("plan piloto compuesto por ocho municipalidades modelo",),
    "objetivo: promover": (
        "Promover los espacios colaborativos a nivel municipal y generar datos abiertos para el desarrollo"
        " local",
    ),
    "finalidad: generar": (
        "generar un catálogo de datos que aporten soluciones a las problemáticas identificadas por los"
        " participantes",
    ),
    "Mixco fue seleccionada": ("Fue seleccionada para el plan piloto",),
    "Mesa Técnica": (
        *("foro multisectorial", "84 entidades participantes", "entidades públicas", "sociedad civil"),
        *("sector privado", "gobiernos locales", "observadores"),
    ),
    "a la fecha": ("tres planes", "el tercero, de 5 ejes"),
    "junio y julio": ("junio y julio de 2018", "4.º Plan", "2018-2020", "12 ejes"),
    "12 mesas": (
        "Mesas de cocreación",
        "12 resultados",
        "5 de julio de 2018, 8:00 a. m. \N{EN DASH} 3:00 p. m.",
    ),
    "inscripción en": ("https://goo.gl/WxW5je", "+502 5450-4223"),
    "Política General": (
        *("Transparencia y cero tolerancia a la corrupción", "convenciones internacionales"),
        "Objetivos de Desarrollo Sostenible",
    ),
    "sitio www": ("www.gobiernoabierto.gob.gt", "#GobiernoAbiertoGt"),
}
"""{beginning of a fact: the words that tell it}"""


def facts() -> list[dict[str, str]]:
    """Return the rows of the package's list of facts."""
    path = resources.files("ckanext.gobiernoabierto") / "data" / "hechos.csv"
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def read(page: str) -> str:
    """Return what a reader sees of a page, in one line."""
    text = html.unescape(re.sub(r"<[^>]*>", " ", re.sub(r"<(script|style).*?</\1>", "", page, flags=re.S)))
    return " ".join(text.split())


@pytest.mark.long
@pytest.mark.parametrize("fact", facts(), ids=lambda fact: fact["hecho"][:40])
def test_a_fact_is_on_its_page(shipped_site: CKANTestApp, fact: dict[str, str]):
    """In words that tell it, whatever else the page shows."""
    words = [told for beginning, told in WORDS.items() if fact["hecho"].startswith(beginning)]
    assert len(words) == 1, "say in WORDS how this fact is told"
    page = read(shipped_site.get(fact["pagina"], status=200).body)
    assert [word for word in words[0] if word not in page] == []


@pytest.mark.long
def test_the_twelve_tables_have_their_themes_and_days(shipped_site: CKANTestApp):
    """As the invitation lists them."""
    page = read(shipped_site.get("/mesas").body)
    with (SHIPPED / "mesas.csv").open(encoding="utf-8", newline="") as file:
        tables = list(csv.DictReader(file))
    assert len(tables) == 12
    assert [table["tema"] for table in tables if table["tema"] not in page] == []


def test_open_data_is_followed_through_three_plans(shipped_site: CKANTestApp):
    """GT0067, GT0109 and GT0121: each leads to the one before it and to the one after it."""
    chain = {"3-5": "GT0067", "5-1": "GT0109", "6-1": "GT0121"}
    pages = {code: shipped_site.get(f"/compromiso/{code}").body for code in chain}
    assert [number for code, number in chain.items() if number not in read(pages[code])] == []
    for before, after in (("3-5", "5-1"), ("5-1", "6-1")):
        assert re.search(rf'Continúa el compromiso</dt>\s*<dd><a href="/compromiso/{before}"', pages[after])
        followed = pages[before].split("Compromisos que lo continúan")[1]
        assert f'href="/compromiso/{after}"' in followed.split("</section>")[0]
