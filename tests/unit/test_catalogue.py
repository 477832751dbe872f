"""The compiled catalogue: what is put into it, and what is refused."""

from __future__ import annotations

import gettext

import polib
import pytest
from ckanext.gobiernoabierto.i18n import catalogue


@pytest.fixture
def folder(tmp_path):
    """An empty folder laid out as ``i18n/``."""
    catalogue.source_path(catalogue.OURS, tmp_path).parent.mkdir(parents=True)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write one source file with the given texts."""

    def write(name, **texts):
        po = catalogue.new_file()
        po.extend(polib.POEntry(msgid=msgid, msgstr=msgstr) for msgid, msgstr in texts.items())
        po.save(str(catalogue.source_path(name, folder)))

    return write


def test_the_compiled_file_holds_what_each_source_file_says(folder, write):
    """Ours, CKAN's and our words for CKAN's all come out of one file, as CKAN loads only one."""
    write(catalogue.OURS, Draft="Borrador")
    write(catalogue.UPSTREAM, Print="Imprimir")
    write(catalogue.WORDS, Resource="Archivo")
    with catalogue.compile_catalogue(folder).open("rb") as mo:
        spanish = gettext.GNUTranslations(mo)
    said = [spanish.gettext(text) for text in ("Draft", "Print", "Resource")]
    assert said == ["Borrador", "Imprimir", "Archivo"]


def test_a_message_in_two_files_is_refused(folder, write):
    """Two translations of one message would make the winner a matter of chance."""
    write(catalogue.OURS, Draft="Borrador")
    write(catalogue.WORDS, Draft="Bosquejo")
    with pytest.raises(catalogue.RepeatedMessageError, match="Draft"):
        catalogue.compile_catalogue(folder)


def test_an_empty_translation_is_left_out(folder, write):
    """An empty text in a compiled file would show nothing at all instead of the English."""
    write(catalogue.OURS, Draft="")
    assert polib.mofile(str(catalogue.compile_catalogue(folder))).find("Draft") is None


def test_the_plural_rule_is_ckans_own():
    """Flask-Babel counts every catalogue with the rule of the last one, which is ours."""
    import ckan

    theirs = polib.pofile(f"{ckan.__path__[0]}/i18n/es/LC_MESSAGES/ckan.po")
    assert theirs.metadata["Plural-Forms"] == catalogue.PLURAL_FORMS
