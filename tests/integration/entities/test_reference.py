"""Loading reference rows: again, after people have worked on them, and from files that are wrong."""

from __future__ import annotations

import csv
import shutil

import pytest
import sqlalchemy as sa
from ckan import model
from ckanext.gobiernoabierto.entities import registry
from ckanext.gobiernoabierto.entities.history import History
from ckanext.gobiernoabierto.logic.reference import SHIPPED, load
from ckanext.gobiernoabierto.logic.reference.files import DETAILS, FILES


def rows_in(entity):
    """Return how many rows the table of an entity has."""
    return model.Session.scalar(sa.select(sa.func.count()).select_from(registry.entity_type(entity).table))


@pytest.fixture
def folder(tmp_path):
    """A copy of the shipped files, to be spoilt; of the longest only some rows, for speed."""
    for path in SHIPPED.glob("*.csv"):
        shutil.copy(path, tmp_path)
    some = {"0101", "0102", "0108", "0115", "1307", "2201", "2217"}
    keep(tmp_path / "municipios.csv", lambda row: row["codigo"] in some)
    keep(tmp_path / "participaciones.csv", lambda row: row["compromiso"] in {"3-11", "3-4"})
    return tmp_path


def keep(path, wanted):
    """Leave only the wanted rows in a CSV."""
    rewrite(path, lambda rows: rows.__setitem__(slice(None), [row for row in rows if wanted(row)]))


@pytest.fixture
def loaded(clean_site, with_request_context, folder):
    """The rows of the folder, loaded."""
    report = load(folder)
    assert not report.problems
    return report


def rewrite(path, change):
    """Rewrite a CSV with ``change`` applied to its list of rows (dictionaries)."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows, names = list(reader), reader.fieldnames
    change(rows)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)


def test_loading_again_changes_nothing(loaded, folder):
    """Neither rows nor history grow."""
    before = model.Session.scalar(sa.select(sa.func.count()).select_from(History))
    again = load(folder)
    assert not again.created
    assert not again.changed
    assert not again.kept
    assert model.Session.scalar(sa.select(sa.func.count()).select_from(History)) == before


@pytest.mark.long
def test_a_trial_writes_nothing(clean_site, with_request_context, folder):
    """It counts what it would do."""
    assert load(folder, dry_run=True).created["municipality"] == 7
    assert rows_in("municipality") == 0


@pytest.mark.long
def test_a_new_value_in_a_file_is_written(call, loaded, folder):
    """The files are the source of what nobody has touched."""
    rewrite(folder / "talleres.csv", lambda rows: rows[1].update(lugar="Salón municipal"))
    report = load(folder)
    assert report.changed == {"workshop": 1}
    assert call("workshop_show", code="ideaton-villa-nueva-2017")["place"] == "Salón municipal"


class TestPersonsWork:
    def test_a_value_that_a_person_wrote_stays_and_is_reported(self, call, sysadmin, loaded, folder):
        """The person's place stays, the other new value of the row is taken."""
        code = "ideaton-villa-nueva-2017"
        call("workshop_update", sysadmin, code=code, version=1, place="Parque")
        rewrite(folder / "talleres.csv", lambda rows: rows[1].update(lugar="Salón", hora="10:00"))
        report = load(folder)
        assert [(kept.code, kept.field) for kept in report.kept] == [(code, "place")]
        shown = call("workshop_show", code=code)
        assert (shown["place"], shown["start_time"]) == ("Parque", "10:00")

    @pytest.mark.long
    def test_what_a_person_deleted_does_not_come_back(self, call, sysadmin, loaded, folder):
        """It is reported at every load."""
        call("workshop_delete", sysadmin, code="ideaton-jacaltenango-2017", version=1)
        report = load(folder)
        assert [(kept.entity, kept.code, kept.field) for kept in report.kept] == [
            ("workshop", "ideaton-jacaltenango-2017", "")
        ]
        assert rows_in("workshop") == 2

    @pytest.mark.long
    def test_what_a_person_unpublished_stays_unpublished(self, call, sysadmin, loaded, folder):
        """A load changes values, never who may see them."""
        code = "ideaton-jacaltenango-2017"
        call("workshop_update", sysadmin, code=code, version=1, visibility="draft")
        load(folder)
        assert call("workshop_show", sysadmin, code=code)["visibility"] == "draft"

    @pytest.mark.long
    def test_a_replaced_code_is_followed(self, call, sysadmin, loaded, folder):
        """The file's code is an alias now: its row is the one that it leads to."""
        call("code_replace", sysadmin, entity="department", code="22", new_code="23", version=1)
        report = load(folder)
        assert not report.created
        assert not report.problems
        assert call("municipality_show", code="2201")["department"] == "23"


BAD = [
    ("municipios.csv", 1, "departamento", "99"),
    ("municipios.csv", 1, "codigo", "10"),
    ("municipios.csv", 1, "codigo", "0101"),
    ("municipios.csv", 1, "nombre", ""),
    ("planes.csv", 2, "inicio", "15/13/2016"),
    ("planes.csv", 2, "fin", "2016-08-14"),
    ("planes.csv", 2, "compromisos", "veintidós"),
    ("planes.csv", 2, "url", "javascript:alert(1)"),
    ("entidades.csv", 0, "sector", "público"),
    ("compromisos.csv", 0, "eje", "99"),
    ("compromisos.csv", 0, "plan", "99"),
    ("compromisos.csv", 1, "irm_ambicion", "Bajo"),
    ("participaciones.csv", 0, "institucion", "nadie"),
    ("participaciones.csv", 0, "compromiso", "9-9"),
    ("participaciones.csv", 0, "papel", "jefe"),
    ("talleres.csv", 1, "municipio", "9999"),
    ("talleres.csv", 1, "tipo", "fiesta"),
    ("talleres.csv", 1, "fecha", ""),
    ("talleres.csv", 1, "hora", "25:00"),
    ("compromisos_detalles.csv", 1, "continua", "9-9"),
    ("municipios_piloto.csv", 0, "estado", "quizás"),
    ("municipios_piloto.csv", 0, "municipio", "9999"),
    ("mesas.csv", 0, "eje", "99"),
    ("mesas.csv", 0, "telefono", "5450"),
    ("invitaciones.csv", 0, "taller", "ninguno"),
    ("invitaciones.csv", 0, "confirmar_antes_de", "2016-09-27"),
    ("problemas.csv", 1, "taller", "ninguno"),
    ("problemas.csv", 0, "titulo", "x" * 251),
]


def rounds(cells):
    """Divide bad cells into lists that hold no row twice: all of a list can be in the files at once."""
    found = []
    for cell in cells:
        free = next((each for each in found if cell[:2] not in {other[:2] for other in each}), None)
        if free is None:
            found.append(free := [])
        free.append(cell)
    return found


@pytest.mark.parametrize("cells", rounds(BAD), ids=lambda cells: f"{len(cells)} cells")
def test_bad_values_are_told_with_file_row_and_column_and_nothing_is_loaded(
    clean_site, with_request_context, folder, cells
):
    """Each bad cell of any file is named, and no row of any file is there."""
    for file, row, column, value in cells:
        rewrite(folder / file, lambda rows, row=row, bad={column: value}: rows[row].update(bad))
    places = {(problem.file, problem.line, problem.column) for problem in load(folder).problems}
    assert {(file, row + 2, column) for file, row, column, _ in cells} <= places
    assert all(rows_in(entity.name) == 0 for entity in registry.ENTITY_TYPES)


@pytest.mark.long
def test_a_file_in_another_encoding_is_told_and_nothing_is_loaded(clean_site, with_request_context, folder):
    """Excel's own CSV is Latin-1."""
    path = folder / "entidades.csv"
    path.write_bytes(path.read_text("utf-8").encode("latin-1"))
    problems = load(folder).problems
    assert (problems[0].file, problems[0].kind) == ("entidades.csv", "encoding")
    assert rows_in("department") == 0


@pytest.mark.long
def test_files_that_a_folder_lacks_are_told_and_their_rows_stay(loaded, folder):
    """One can load one corrected file alone."""
    for path in folder.glob("*.csv"):
        if path.name != "talleres.csv":
            path.unlink()
    report = load(folder)
    assert not report.problems
    assert report.unchanged == {"workshop": 3}
    assert len(report.missing) == len(FILES) + len(DETAILS)
    assert rows_in("commitment") == 51


@pytest.mark.long
class TestCommand:
    def test_it_says_in_spanish_what_it_did(self, clean_site, cli):
        """Counts for each kind of entity."""
        from ckan.cli.cli import ckan

        done = cli.invoke(ckan, ["gobiernoabierto", "reference", "load"])
        assert done.exit_code == 0, done.output
        assert "municipios: 340 nuevos, 0 cambiados, 0 sin cambio" in done.output

    def test_it_fails_with_file_row_and_column(self, clean_site, cli, folder):
        """The place of the bad cell stands in the line, and the exit code tells."""
        from ckan.cli.cli import ckan

        rewrite(folder / "municipios.csv", lambda rows: rows[1].update(departamento="99"))
        done = cli.invoke(ckan, ["gobiernoabierto", "reference", "load", str(folder)])
        assert done.exit_code == 1
        assert (
            "municipios.csv, línea 3, columna departamento: No existe departamento con el código 99"
            in done.output
        )


def test_what_no_text_may_have_is_told_with_its_cell(clean_site, with_request_context, folder):
    """File, row and column, as of any bad value."""
    rewrite(folder / "planes.csv", lambda rows: rows[0].update({next(iter(rows[0])): "a\0b"}))
    rewrite(folder / "participaciones.csv", lambda rows: rows[0].update(compromiso="3-4\0"))
    found = {(each.file, each.line) for each in load(folder).problems}
    assert {("planes.csv", 2), ("participaciones.csv", 2)} <= found


def test_a_number_that_another_row_has_is_told_with_its_cell(loaded, folder):
    """A new code with the plan and number of one that is there."""

    def add(rows):
        rows.append({**rows[0], "codigo": "3-999"})

    rewrite(folder / "compromisos.csv", add)
    report = load(folder)
    assert {(each.file, each.column) for each in report.problems} == {("compromisos.csv", "numero")}
