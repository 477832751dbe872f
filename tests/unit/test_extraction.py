"""What is extracted from code, and how the files that people edit follow it."""

from __future__ import annotations

import polib
import pytest
from ckanext.gobiernoabierto.i18n import catalogue, extraction


@pytest.fixture
def checkout(tmp_path):
    """A checkout whose plugin says one thing in Python, one in a template and one in a script."""
    plugin = tmp_path / "ckanext" / "gobiernoabierto"
    (plugin / "templates").mkdir(parents=True)
    (plugin / "assets").mkdir()
    (tmp_path / "babel.toml").write_bytes((extraction.CHECKOUT / "babel.toml").read_bytes())
    (plugin / "views.py").write_text('tk._("Said by Python")\ntk.ungettext("{n} boat", "{n} boats", 2)\n')
    (plugin / "templates" / "page.html").write_text(
        "{% ckan_extends %}{{ _('Said by a template') }}{% trans %}Said\n  by a block{% endtrans %}"
    )
    (plugin / "assets" / "page.js").write_text("this._('Said by a script');")
    return tmp_path


@pytest.fixture
def folder(tmp_path):
    """An ``i18n/`` where nothing is translated yet."""
    folder = tmp_path / "i18n"
    catalogue.source_path(catalogue.OURS, folder).parent.mkdir(parents=True)
    return folder


@pytest.fixture
def translate(folder):
    """Give our file Spanish for one message."""

    def translate(msgid, msgstr):
        po = catalogue.read_source(catalogue.OURS, folder)
        po.find(msgid).msgstr = msgstr
        po.save(str(catalogue.source_path(catalogue.OURS, folder)))

    return translate


def test_python_templates_and_scripts_are_all_read(checkout):
    """A message that the extraction overlooks could never be reported as missing."""
    assert {text for text, _context in extraction.our_messages(checkout)} == {
        "Said by Python",
        "{n} boat",
        "Said by a template",
        "Said by a block",
        "Said by a script",
    }


@pytest.mark.long
def test_a_new_message_is_reported_until_it_has_spanish(checkout, folder, translate):
    """This is the check that the suite relies on: it has to be able to fail."""
    extraction.update_sources(folder, checkout)
    assert "Said by Python" in [message.text for message in extraction.lacking_spanish(folder, checkout)]
    translate("Said by Python", "Lo dice Python")
    assert "Said by Python" not in [message.text for message in extraction.lacking_spanish(folder, checkout)]


@pytest.mark.long
def test_extracting_again_keeps_the_spanish_and_drops_what_is_no_longer_said(checkout, folder, translate):
    """Everybody extracts all the time: it may cost nobody's work, and leaves no dead entries."""
    extraction.update_sources(folder, checkout)
    translate("Said by Python", "Lo dice Python")
    (checkout / "ckanext" / "gobiernoabierto" / "assets" / "page.js").unlink()
    extraction.update_sources(folder, checkout)
    ours = catalogue.read_source(catalogue.OURS, folder)
    assert ours.find("Said by Python").msgstr == "Lo dice Python"
    assert ours.find("Said by a script") is None


def test_extracting_twice_changes_nothing(checkout, folder):
    """Files that change by themselves conflict between branches for no reason."""
    extraction.update_sources(folder, checkout)
    before = [catalogue.source_path(name, folder).read_bytes() for name in catalogue.SOURCES]
    extraction.update_sources(folder, checkout)
    assert [catalogue.source_path(name, folder).read_bytes() for name in catalogue.SOURCES] == before


def test_an_override_of_a_script_moves_to_the_file_that_browsers_get(checkout, folder):
    """CKAN makes the browser's translations from the file named like our domain, and from no other."""
    words = catalogue.new_file()
    words.append(polib.POEntry(msgid="Reorder resources", msgstr="Reordenar archivos"))
    words.append(polib.POEntry(msgid="Unnamed resource", msgstr="Archivo sin nombre"))
    words.save(str(catalogue.source_path(catalogue.WORDS, folder)))
    extraction.update_sources(folder, checkout)
    assert catalogue.read_source(catalogue.OURS, folder).find("Reorder resources").translated()
    assert [e.msgid for e in catalogue.read_source(catalogue.WORDS, folder)] == ["Unnamed resource"]


@pytest.fixture
def words(folder):
    """Two of CKAN's messages in other words than its own, one of them counted."""
    po = catalogue.new_file()
    po.append(polib.POEntry(msgid="Unnamed resource", msgstr="Archivo sin nombre"))
    forms = {0: "{num} conjunto", 1: "{num} de conjuntos", 2: "{num} conjuntos"}
    po.append(polib.POEntry(msgid="{num} Dataset", msgid_plural="{num} Datasets", msgstr_plural=forms))
    po.save(str(catalogue.source_path(catalogue.WORDS, folder)))


@pytest.mark.long
@pytest.mark.parametrize("said", ['_("Unnamed resource")', '_("{num} Dataset")'])
def test_an_override_outlives_our_own_use_of_the_message(checkout, folder, words, said):
    """Said by CKAN, by both, and by CKAN alone again; CKAN counts what we may show without a count."""
    extraction.update_sources(folder, checkout)
    before = catalogue.source_path(catalogue.WORDS, folder).read_bytes()
    template = checkout / "ckanext" / "gobiernoabierto" / "templates" / "other.html"
    template.write_text("{{ " + said + " }}")
    for _twice in range(2):
        extraction.update_sources(folder, checkout)
        shown = catalogue.merged(folder)
        assert shown.find("Unnamed resource").msgstr == "Archivo sin nombre"
        assert shown.find("{num} Dataset").msgstr_plural[2] == "{num} conjuntos"
    template.unlink()
    extraction.update_sources(folder, checkout)
    assert catalogue.source_path(catalogue.WORDS, folder).read_bytes() == before


def test_an_override_that_we_count_keeps_its_singular_and_lacks_the_rest(checkout, folder, words):
    """The words that are there stay; the forms that nobody has written are asked for."""
    code = checkout / "ckanext" / "gobiernoabierto" / "views.py"
    code.write_text('tk.ungettext("Unnamed resource", "Unnamed resources", 2)')
    for _twice in range(2):
        extraction.update_sources(folder, checkout)
        ours = catalogue.read_source(catalogue.OURS, folder).find("Unnamed resource")
        assert ours.msgstr_plural == {0: "Archivo sin nombre", 1: "", 2: ""}
    assert "Unnamed resource" in [message.text for message in extraction.lacking_spanish(folder, checkout)]


def test_ckan_its_plugins_scheming_and_dcat_are_read_as_installed():
    """One message of each, from Python, a template and a script."""
    files = {name for message in extraction.upstream_messages().values() for name in message.files}
    assert {
        "ckan/views/dataset.py",
        "ckan/templates/package/read.html",
        "ckan/templates/emails/reset_password.txt",
        "ckan/public/base/javascript/modules/autocomplete.js",
        "ckanext/stats/templates/ckanext/stats/index.html",
        "ckanext/scheming/validation.py",
        "ckanext/dcat/validators.py",
        "werkzeug/exceptions.py",
        "flask_wtf/csrf.py",
    } <= files
