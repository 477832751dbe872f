"""The outcome of it all: an officer publishes, a visitor finds it, a harvester reads its links."""

from __future__ import annotations

import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
from bs4 import BeautifulSoup
from ckanapi import RemoteCKAN, ValidationError
from rdflib import RDF, Graph, Namespace, URIRef

DCAT = Namespace("http://www.w3.org/ns/dcat#")
OFFICER, PASSWORD = "oficial-villa-nueva", "una-clave-larga-2017"
LINKS = ("/municipio/0115", "/taller/ideaton-villa-nueva-2017", "/compromiso/3-11", "/eje/3-3")
CSV = "colonia,inversión en quetzales\nCiudad del Sol,125000.00\nSan José,98000.50\n"


@pytest.fixture(scope="session")
def office(live_site: Any, reference_rows: None) -> Any:
    """The running site with a municipality's organization, its officer and the reference rows."""
    live_site.add_user(OFFICER, PASSWORD)
    organization = live_site.call(
        "organization_create",
        name="villa-nueva-publica",
        title="Municipalidad de Villa Nueva",
        users=[{"name": OFFICER, "capacity": "editor"}],
    )
    live_site.call("gobiernoabierto_organization_role_update", id=organization["id"], municipality="0115")
    return live_site


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """The file that she has on her disk."""
    path = tmp_path / "inversión villa nueva.csv"
    path.write_text(CSV)
    return path


@pytest.fixture(params=[True, False], ids=["with scripts", "without scripts"])
def officer(request: Any, browser: Any, office: Any) -> Iterator[Any]:
    """The officer's telephone, signed in."""
    with browser.new_context(
        base_url=office.url,
        locale="es-GT",
        java_script_enabled=request.param,
        viewport={"width": 360, "height": 740},
    ) as context:
        page = context.new_page()
        page.goto("/user/login?came_from=/publicar")
        page.fill("#field-login", OFFICER)
        page.fill("#field-password", PASSWORD)
        page.locator("#field-password").press("Enter")
        page.wait_for_url("**/publicar")
        page.scripts = request.param
        yield page


@pytest.fixture
def second_node(office: Any) -> Iterator[str]:
    """Another web process of the same site, as behind a balancer."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).parent / "gunicorn"), "--chdir", "docker", "--threads", "4"]
    command += ["--bind", f"127.0.0.1:{port}", "wsgi:application"]
    environment = {**os.environ, "CKAN_INI": str(office.ini)}
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as node:
        address = f"http://127.0.0.1:{port}"
        try:
            deadline = time.monotonic() + 60
            while not _answers(address):
                assert node.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
            yield address
        finally:
            node.terminate()


def _answers(address: str) -> bool:
    try:
        return requests.get(f"{address}/api/3/action/status_show", timeout=5).ok
    except (requests.ConnectionError, requests.Timeout):
        return False


def choose(page: Any, field: str, code: str, letters: str) -> None:
    """Tick a code: by typing a few letters where there are scripts, by opening its group without."""
    box = page.locator(f"input[name={field}][value='{code}']")
    search = page.locator(f"#field-{field}-search")
    if search.is_visible():
        search.fill(letters)
    elif not box.is_visible():
        page.locator(f"#field-{field} details", has=box).locator("summary").click()
    box.check()


def published(page: Any, table: Path, title: str) -> str:
    """Publish with a mistake first; return the path of the dataset's page."""
    page.set_input_files("#field-upload", table)
    if page.scripts:
        page.get_by_text("ya recibido").wait_for()
        assert page.input_value("#field-upload") == "", "the form would carry the file a second time"
        assert page.input_value("#field-title") == "Inversión villa nueva"
    page.fill("#field-title", title)
    page.fill("#field-notes", "Lo que se invirtió en lo que pidió el ideatón, por colonia.")
    assert page.locator("input[name=municipality][value='0115']").is_checked()
    choose(page, "commitment", "3-11", "maratones")
    page.locator("button[name=save][value=publish]").click()
    page.wait_for_selector("#errors")
    assert page.locator("#errors li").count() == 1
    page.locator("#errors a").click()
    assert page.url.endswith("#field-workshop")
    received = page.locator(".ga-received").inner_text()
    assert "inversión villa nueva.csv" in received
    assert "ya recibido" in received
    assert page.input_value("#field-title") == title
    assert page.locator("input[name=commitment][value='3-11']").is_checked()
    choose(page, "workshop", "ideaton-villa-nueva-2017", "ideaton villa")
    page.locator("button[name=save][value=publish]").click()
    page.wait_for_url("**/dataset/**")
    return page.url


def test_officer_publishes_visitor_finds_harvester_reads(officer: Any, page: Any, office: Any, table: Path):
    """On a telephone, with a mistake first: the file is sent once, and everything is linked."""
    how = "con" if officer.scripts else "sin"
    title = f"Inversión de Villa Nueva, {how} guiones"
    address = published(officer, table, title)
    shown = office.call("package_show", id=address.rsplit("/", 1)[-1])
    assert (shown["state"], shown["axis"]) == ("active", ["3-3"])
    assert shown["resources"][0]["size"] == len(CSV.encode())

    everybody_finds(page, office, shown)


def harvested(address: str) -> str:
    """Read an address as a harvester does, who comes back when a busy site says so."""
    for _ in range(5):
        answer = requests.get(address, timeout=60)
        if answer.status_code != 503:
            break
        time.sleep(float(answer.headers["Retry-After"]))
    assert answer.status_code == 200, answer.text
    return answer.text


def everybody_finds(page: Any, office: Any, shown: Any) -> None:
    """Find a dataset as a visitor without accents, on the pages of what it is linked to, and as Turtle."""
    page.goto("/dataset/?q=inversion&sort=metadata_created+desc")
    assert page.locator(f"a[href*='/dataset/{shown['name']}']").count()
    for path in LINKS[:3]:
        page.goto(path)
        assert page.locator(f"a[href*='/dataset/{shown['name']}']").count(), path
    graph = Graph().parse(data=harvested(f"{office.url}/dataset/{shown['name']}.ttl"), format="turtle")
    dataset = graph.value(predicate=RDF.type, object=DCAT.Dataset)
    assert str(dataset).endswith(shown["id"])
    linked = set(graph.objects(dataset, None))
    assert {URIRef(office.url + path) for path in LINKS} <= linked
    assert requests.get(shown["resources"][0]["url"], timeout=60).content == CSV.encode()


FIELDS = {
    "notes": "Lo que se invirtió en lo que pidió el ideatón, por colonia.",
    "municipality": ["0115"],
    "workshop": ["ideaton-villa-nueva-2017"],
    "commitment": ["3-11"],
}


def test_the_same_by_ckanapi(page: Any, office: Any, table: Path):
    """A draft, its file, and one verb that publishes; what is missing is said by field."""
    with RemoteCKAN(office.url, apikey=office.token_of(OFFICER)) as catalogue:
        draft = catalogue.action.package_create(title="Inversión por ckanapi", state="draft")
        assert draft["state"] == "draft"
        with table.open("rb") as upload:
            catalogue.action.resource_create(package_id=draft["id"], name="Por colonia", upload=upload)
        with pytest.raises(ValidationError) as refused:
            catalogue.action.gobiernoabierto_dataset_publish(id=draft["id"])
        assert {"notes", "municipality", "workshop", "commitment"} <= set(refused.value.error_dict)
        assert requests.get(f"{office.url}/dataset/{draft['name']}", timeout=60).status_code in (
            403,
            404,
        )
        catalogue.action.gobiernoabierto_dataset_publish(id=draft["id"], **FIELDS)
    everybody_finds(page, office, office.call("package_show", id=draft["id"]))


def test_dataset_and_file_in_one_call(page: Any, office: Any, table: Path):
    """Multipart knows only text: a list is JSON, or a single code."""
    with (
        RemoteCKAN(office.url, apikey=office.token_of(OFFICER)) as catalogue,
        table.open("rb") as upload,
    ):
        shown = catalogue.action.gobiernoabierto_dataset_publish(
            **{
                name: value if isinstance(value, str) else json.dumps(value) for name, value in FIELDS.items()
            },
            title="Inversión en una llamada",
            upload=upload,
        )
    assert shown["resources"][0]["hash"] == hashlib.sha256(CSV.encode()).hexdigest()
    everybody_finds(page, office, shown)


@pytest.mark.long
def test_file_sent_to_one_node_is_used_on_another(office: Any, second_node: str, table: Path):
    """A balancer may send each post elsewhere: nothing is on one node's disk or in its memory alone."""
    headers = {"Authorization": office.token_of(OFFICER)}
    sent = {**FIELDS, "save": "publish", "upload_token": ""}
    with table.open("rb") as upload:
        first = requests.post(
            f"{office.url}/publicar", sent, headers=headers, files={"upload": upload}, timeout=60
        )
    assert first.status_code == 422
    page = BeautifulSoup(first.text, "html.parser")
    token = page.select_one("input[name=upload_token]")["value"]
    again = {**sent, "title": "Inversión por dos nodos", "upload_token": token}
    waiting = requests.get(f"{second_node}/publicar/archivo/{token}", headers=headers, timeout=60)
    assert waiting.content == CSV.encode()
    second = requests.post(
        f"{second_node}/publicar", again, headers=headers, timeout=60, allow_redirects=False
    )
    assert second.status_code == 302
    shown = office.call("package_show", id=second.headers["Location"].rsplit("/", 1)[-1])
    assert requests.get(shown["resources"][0]["url"], timeout=60).content == CSV.encode()


def test_draft_is_saved_with_its_file_and_seen_by_nobody_else(
    officer: Any, page: Any, office: Any, table: Path
):
    """She goes on another day; what she had is there."""
    officer.set_input_files("#field-upload", table)
    officer.fill("#field-title", f"Borrador {officer.scripts}")
    officer.locator("button[name=save][value=draft]").click()
    officer.wait_for_url("**/publicar/*")
    assert "inversión villa nueva.csv" in officer.locator("main").inner_text()
    name = officer.url.rsplit("/", 1)[-1]
    assert page.goto(f"/dataset/{name}").status in (403, 404)
    assert office.call("package_show", id=name)["state"] == "draft"


@pytest.mark.long
def test_page_fits_a_telephone_and_has_no_barrier(officer: Any, barriers: Any, fits: Any):
    """At 360 and 320 px, empty and with errors: no overflow, no violation of WCAG 2.1 A and AA."""
    for send in (False, True):
        if send:
            officer.locator("button[name=save][value=publish]").click()
            officer.wait_for_selector("#errors")
        if not officer.scripts:
            continue
        fits(officer, 1280, 360, 320)
        officer.set_viewport_size({"width": 320, "height": 740})
        officer.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        assert barriers(officer) == []


@pytest.mark.long
def test_keyboard_alone_publishes_nothing_by_accident(officer: Any):
    """Enter in the title sends what the first button says, and says what is missing."""
    officer.fill("#field-title", "Con el teclado")
    officer.locator("#field-title").press("Enter")
    officer.wait_for_selector("#errors")
    assert officer.locator("#errors li").count() >= 3
    assert officer.input_value("#field-title") == "Con el teclado"


@pytest.mark.long
def test_message_leaves_as_its_field_changes(officer: Any):
    """Beside the field and in the summary; what two fields answer together is answered by either."""
    if not officer.scripts:
        pytest.skip("without scripts the next answer of the site takes the messages away")
    officer.locator("button[name=save][value=publish]").click()
    officer.wait_for_selector("#errors")
    officer.wait_for_load_state()  # until then the script does not listen
    told = officer.locator("#errors li").count()
    officer.fill("#field-title", "Alumbrado")
    assert officer.locator("#errors li").count() == told - 1
    assert not officer.locator(".form-group.error #field-title").count()
    choose(officer, "axis", "3-3", "participación")
    assert not officer.locator("#field-commitment .error-block").count()
    officer.locator("input[name=workshop_origin][value=none]").check()
    assert officer.locator("#errors li").count() == told - 3
    assert officer.locator("#field-upload-error").is_visible()
    officer.fill("#field-notes", "Lámparas por colonia.")
    officer.set_input_files("#field-upload", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a\n1\n"})
    officer.wait_for_selector("#errors", state="detached")


@pytest.mark.long
def test_message_about_the_file_can_be_read(officer: Any, barriers: Any):
    """What is too large is told at once, and not in red on red."""
    if not officer.scripts:
        pytest.skip("without scripts the next answer of the site says so")
    officer.locator("#field-upload").evaluate("field => (field.dataset.limit = 1)")
    officer.set_input_files("#field-upload", {"name": "a.csv", "mimeType": "text/csv", "buffer": b"a\n1\n"})
    assert "El archivo pesa más de" in officer.locator("[data-ga-status].error-block").inner_text()
    assert barriers(officer) == []


@pytest.mark.long
def test_filter_says_when_nothing_matches(officer: Any):
    """And leaves what is chosen in sight, with and without a match."""
    if not officer.scripts:
        pytest.skip("there is no filter without scripts")
    list_of = officer.locator("#field-municipality .ga-codes-list")
    officer.fill("#field-municipality-search", "mixco")
    officer.locator("input[name=municipality][value='0108']").check()
    officer.fill("#field-municipality-search", "xyz")
    assert officer.get_by_text("Nada coincide con «xyz»").is_visible()
    shown = list_of.locator("input:visible")
    assert [box.get_attribute("value") for box in shown.all()] == ["0115", "0108"]
    officer.fill("#field-municipality-search", "")
    assert officer.locator("input[name=municipality][value='0108']").is_visible()
    officer.fill("#field-commitment-search", "xyz")
    assert not officer.locator("#field-commitment .ga-codes-list").is_visible()
