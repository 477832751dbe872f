"""Which column of which reference file becomes which field of which entity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ckan.plugins.toolkit as tk
import sqlalchemy as sa
from ckan.model import Session
from ckanext.gobiernoabierto.entities.forms import noun
from ckanext.gobiernoabierto.entities.registry import entity_type
from ckanext.gobiernoabierto.logic.validators import no_such

SHIPPED = Path(__file__).parents[2] / "data"
"""The rows that are part of the package."""

Cells = Mapping[str, str]
Convert = Callable[[str, Cells], Any]
"""Takes a cell that is not empty and its row; returns the field's value. ValueError: a bad cell."""


def as_it_is(cell: str, _row: Cells) -> str:
    """Return the text of the cell."""
    return cell


def several(cell: str, _row: Cells) -> list[str]:
    """Return the values of a cell that ``|`` separates."""
    return [value.strip() for value in cell.split("|") if value.strip()]


def one_of(words: Mapping[str, str]) -> Convert:
    """Return a conversion of the files' words into the codes of a choice."""

    def convert(cell: str, _row: Cells) -> str:
        if cell not in words:
            raise ValueError(tk._("Choose one of: {choices}").format(choices=", ".join(words)))
        return words[cell]

    return convert


def numbered(entity: str, plan: str) -> Convert:
    """Return a conversion of a number within the plan of column ``plan`` into the entity's code.

    The code is looked up and never put together: codes mean nothing.
    """

    def convert(cell: str, row: Cells) -> str:
        table = entity_type(entity).table
        number = int(cell) if cell.isdecimal() else -1
        found = sa.select(table.c.code).where(table.c.plan == row[plan], table.c.number == number)
        code = Session.scalar(found)
        if code is None:
            message = tk._("Plan {plan} has no {entity} with the number {number}")
            raise ValueError(message.format(plan=row[plan], entity=noun(entity_type(entity)), number=cell))
        return code

    return convert


def of_workshop(name: str) -> Convert:
    """Return a conversion of a workshop's code into one of its columns, or its only municipality."""

    def convert(cell: str, _row: Cells) -> Any:
        workshop = Session.get(entity_type("workshop").model, cell)
        if workshop is None:
            raise ValueError(no_such(entity_type("workshop"), cell))
        if name != "municipality":
            return getattr(workshop, name)
        if len(workshop.municipalities) != 1:
            raise ValueError(tk._("The workshop is not of one municipality alone"))
        return workshop.municipalities[0].municipality

    return convert


def counted(letter: str) -> Convert:
    """Return a conversion of the number of what a workshop of one municipality said into its code."""

    def convert(cell: str, row: Cells) -> str:
        return f"{of_workshop('municipality')(row['taller'], row)}-{letter}{cell}"

    return convert


@dataclass(frozen=True)
class Column:
    """Where a column of a file goes."""

    field: str
    convert: Convert = as_it_is


@dataclass(frozen=True)
class ReferenceFile:
    """One file of reference rows."""

    name: str
    entity: str
    columns: Mapping[str, Column]
    ignored: tuple[str, ...] = ()
    """Columns that another one needs to be understood."""
    derived: Mapping[str, tuple[str, Convert]] = field(default_factory=dict)
    """{field: (column, conversion)} of what follows from a column that has gone to another field."""
    source: str | None = None
    """Source of all rows, for a file without a column of it."""

    def every_column(self) -> list[tuple[str, Column]]:
        """Return (column of the file, where it goes); a column may go to several fields."""
        derived = [(name, Column(field, convert)) for field, (name, convert) in self.derived.items()]
        return [*self.columns.items(), *derived]


SECTORS = {
    "publico": "public",
    "autonomo": "autonomous",
    "gobierno_local": "local_government",
    "sociedad_civil": "civil_society",
    "privado": "private",
    "academia": "academia",
    "cooperacion": "cooperation",
    "observador": "observer",
}
KINDS = {
    "maraton_de_ideas": "idea_marathon",
    "reunion_informativa": "information_meeting",
    "cocreacion": "co_creation",
}
WORKSHOP_STATES = {"convocado": "planned", "realizado": "held", "cerrado": "closed", "cancelado": "cancelled"}
ROUND_TABLE_STATES = {"anunciada": "planned", "realizada": "held", "cancelada": "cancelled"}
INVITATION_STATES = {
    "enviada": "sent",
    "confirmada": "confirmed",
    "declinada": "declined",
    "vencida": "expired",
}
PILOT = {"invitada": "invited", "participante": "took_part"}
AMBITION = {
    "None": "none",
    "Low": "low",
    "Moderate": "moderate",
    "High": "high",
    "Transformative": "transformative",
}
RESULTS = {
    "Worsened": "worsened",
    "Did Not Change": "did_not_change",
    "Marginal": "marginal",
    "Moderate": "moderate",
    "Major": "major",
    "Outstanding": "outstanding",
}
ROLES = {
    "lider": "lead",
    "coordinador": "coordinator",
    "subcoordinador": "subcoordinator",
    "apoyo": "support",
}

CODE, SOURCE = Column("code"), Column("source", several)

FILES = (
    ReferenceFile(
        "departamentos.csv",
        "department",
        {"codigo": CODE, "nombre": Column("name"), "iso_3166_2": Column("iso_3166_2")},
        source="departamentos.csv",
    ),
    ReferenceFile(
        "municipios.csv",
        "municipality",
        {
            "codigo": CODE,
            "nombre": Column("name"),
            "departamento": Column("department"),
            "otros_nombres": Column("other_names", several),
        },
        source="municipios.csv",
    ),
    ReferenceFile(
        "entidades.csv",
        "institution",
        {
            "codigo": CODE,
            "nombre": Column("name"),
            "siglas": Column("initials"),
            "otros_nombres": Column("other_names", several),
            "sector": Column("sector", one_of(SECTORS)),
            "relacion": Column("relation"),
            "plan": Column("plan_text"),
            "fuente": SOURCE,
        },
    ),
    ReferenceFile(
        "planes.csv",
        "plan",
        {
            "numero": CODE,
            "nombre": Column("title"),
            "periodo": Column("period"),
            "inicio": Column("start"),
            "fin": Column("end"),
            "compromisos": Column("commitment_count"),
            "aprobado": Column("approved"),
            "url": Column("url"),
            "fuente": SOURCE,
        },
    ),
    ReferenceFile(
        "ejes.csv",
        "axis",
        {
            "codigo": CODE,
            "plan": Column("plan"),
            "numero": Column("number"),
            "nombre": Column("name"),
            "otros_nombres": Column("other_names", several),
            "fuente": SOURCE,
        },
    ),
    ReferenceFile(
        "compromisos.csv",
        "commitment",
        {
            "codigo": CODE,
            "plan": Column("plan"),
            "numero": Column("number"),
            "titulo": Column("title"),
            "titulo_no_oficial": Column("unofficial_title"),
            "titulo_en": Column("title_en"),
            "ogp_id": Column("ogp_id"),
            "eje": Column("axis", numbered("axis", "plan")),
            "inicio": Column("start"),
            "fin": Column("end"),
            "irm_ambicion": Column("irm_ambition", one_of(AMBITION)),
            "irm_resultados": Column("irm_results", one_of(RESULTS)),
            "url": Column("url"),
            "fuente": SOURCE,
        },
    ),
    ReferenceFile(
        "talleres.csv",
        "workshop",
        {
            "codigo": CODE,
            "municipio": Column("municipalities", several),
            "titulo": Column("title"),
            "tipo": Column("kind", one_of(KINDS)),
            "fecha": Column("start_date"),
            "hora": Column("start_time"),
            "lugar": Column("place"),
            "estado": Column("state", one_of(WORKSHOP_STATES)),
            "compromiso_numero": Column("commitment", numbered("commitment", "compromiso_plan")),
            "fuente": SOURCE,
        },
        ignored=("compromiso_plan",),
    ),
    ReferenceFile(
        "mesas.csv",
        "round_table",
        {
            "codigo": CODE,
            "plan": Column("plan"),
            "ronda": Column("round"),
            "numero": Column("number"),
            "tema": Column("theme"),
            "eje": Column("axis", numbered("axis", "plan")),
            "fecha": Column("start_date"),
            "inicio": Column("start_time"),
            "fin": Column("end_time"),
            "estado": Column("state", one_of(ROUND_TABLE_STATES)),
            "inscripcion": Column("registration_url"),
            "telefono": Column("phone"),
            "fuente": SOURCE,
        },
    ),
    ReferenceFile(
        "invitaciones.csv",
        "invitation",
        {
            "codigo": CODE,
            "numero": Column("number"),
            "municipio": Column("municipality"),
            "taller": Column("workshop"),
            "fecha": Column("letter_date"),
            "emite": Column("issuing_office"),
            "dirigida_a": Column("addressed_office"),
            "confirmar_antes_de": Column("confirm_by"),
            "telefono": Column("phone"),
            "estado": Column("state", one_of(INVITATION_STATES)),
            "fuente": SOURCE,
        },
    ),
    ReferenceFile(
        "problemas.csv",
        "problem",
        {
            "taller": Column("workshop"),
            "numero": Column("code", counted("P")),
            "titulo": Column("title"),
            "fuente": SOURCE,
        },
        derived={
            "municipality": ("taller", of_workshop("municipality")),
            "reported": ("taller", of_workshop("start_date")),
        },
    ),
)
"""In an order in which no row names one that comes later."""

DETAILS = (
    ReferenceFile(
        "planes_detalles.csv",
        "plan",
        {"numero": CODE, "descripcion": Column("description")},
    ),
    ReferenceFile(
        "compromisos_detalles.csv",
        "commitment",
        {
            "codigo": CODE,
            "objetivo": Column("objective"),
            "descripcion": Column("description"),
            "continua": Column("predecessor"),
        },
    ),
    ReferenceFile(
        "municipios_piloto.csv",
        "municipality",
        {
            "municipio": CODE,
            "estado": Column("pilot", one_of(PILOT)),
            "fuente": Column("pilot_source"),
        },
        ignored=("nombre", "oficio", "oficio_fecha", "reunion", "confirmar_antes_de"),
    ),
)
"""What is told of some rows of FILES beside their own file."""

PARTICIPATIONS = "participaciones.csv"
PARTICIPATION_COLUMNS = {
    "papel": Column("role", one_of(ROLES)),
    "institucion": Column("institution"),
    "texto": Column("text"),
    "fuente": Column("source"),
}
