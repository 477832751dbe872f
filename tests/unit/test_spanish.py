"""The Spanish that visitors get: everything that the installed code can say, as CKAN looks it up."""

from __future__ import annotations

import re
from collections import Counter
from gettext import NullTranslations
from pathlib import Path

import ckanext.dcat
import polib
import pytest
from babel.support import Translations
from ckan.lib.i18n import get_ckan_i18n_dir
from ckanext.gobiernoabierto.i18n import catalogue, extraction

# "%%" is no placeholder, and neither is a percent sign before a word ("10 % de")
PLACEHOLDER = re.compile(r"%\(\w+\)[sdifr]|%[sdifr]\b|\{\w*\}")
# CKAN's Spanish speaks to "tú" and to "vos", and says "recurso" and "fichero" for a file
NOT_OUR_WORDS = re.compile(
    r"\b(recursos?|ficheros?|datasets?|tus?|te|puedes|podés|tienes|tenés|eres|sos|debes|estás|quieres|querés|deseas"
    r"|necesitas|haz|hacé|utiliza tu|olvidaste|evita|selecciona|introduce|definí|consultá|procede)\b",
    re.IGNORECASE,
)


class Untranslated(NullTranslations):
    """What a catalogue falls back to: instead of the English it says that there is nothing."""

    def gettext(self, message):
        """Raise: nobody translated the message."""
        raise LookupError(message)

    def ngettext(self, msgid1, msgid2, n):
        """Raise: nobody translated the message."""
        raise LookupError(msgid1)


@pytest.fixture(scope="module")
def spanish():
    """The catalogues of CKAN, ckanext-dcat and ours, merged as Flask-Babel does it, ours last."""
    merged = Translations()
    for folder, domain in [
        (get_ckan_i18n_dir(), "ckan"),
        (Path(ckanext.dcat.__path__[0], "i18n"), "ckanext-dcat"),
        (catalogue.FOLDER, catalogue.DOMAIN),
    ]:
        one = Translations.load(str(folder), ["es"], domain)
        merged.merge(one)
        merged.plural = one.plural
    merged.add_fallback(Untranslated())
    return merged


@pytest.fixture(scope="module")
def messages():
    """Every message of CKAN, scheming, dcat and ours, extracted from what is installed."""
    return [*extraction.upstream_messages().values(), *extraction.our_messages().values()]


@pytest.fixture(scope="module")
def pairs(spanish, messages):
    """Each English text beside each of its Spanish forms: for 1, for 1,000,000, for any other number."""
    found = []
    for message in messages:
        assert message.context is None, "look it up with its context, here and in the catalogue"
        if not message.plural:
            found.append((message, message.text, spanish.gettext(message.text)))
            continue
        for number, english in ((1, message.text), (1_000_000, message.plural), (5, message.plural)):
            found.append((message, english, spanish.ngettext(message.text, message.plural, number)))
    return found


def test_no_message_lacks_spanish():
    """Run bin/translate: it lists them, with the files that say them."""
    assert [(message.text, message.files) for message in extraction.lacking_spanish()] == []


def test_ckan_finds_spanish_for_every_message(pairs):
    """Looked up in the compiled files: a translation that is in a .po only is seen by nobody."""
    assert len(pairs) > 1100


def test_every_placeholder_is_in_the_spanish_and_no_other(pairs):
    """A missing one hides a fact; an unknown one is an error 500."""
    wrong = [
        (english, spanish)
        for message, english, spanish in pairs
        if Counter(PLACEHOLDER.findall(english)) != Counter(PLACEHOLDER.findall(spanish))
    ]
    assert wrong == []


def test_the_compiled_file_is_up_to_date():
    """Run bin/translate --compile: the files in i18n/ are newer than what CKAN reads."""
    assert catalogue.mo_path().read_bytes() == catalogue.merged().to_binary()


def test_no_message_stands_in_two_files():
    """Two translations of one message would make the winner a matter of chance."""
    texts = [e.msgid for name in catalogue.SOURCES for e in catalogue.read_source(name)]
    assert [text for text, times in Counter(texts).items() if times > 1] == []


def test_the_source_files_hold_no_fuzzy_or_obsolete_entries():
    """Neither is compiled: they would look translated and be shown in English."""
    entries = [e for name in catalogue.SOURCES for e in polib.pofile(str(catalogue.source_path(name)))]
    assert [e.msgid for e in entries if e.fuzzy or e.obsolete] == []


def test_visitors_are_addressed_as_usted_and_files_are_called_archivos(pairs):
    """In what CKAN itself and our code say; its optional plugins that we do not run are left alone."""
    wrong = [
        spanish
        for message, english, spanish in pairs
        if any(name.startswith(("ckan/", "ckanext/gobiernoabierto/")) for name in message.files)
        and NOT_OUR_WORDS.search(re.sub(r"<[^>]*>|%\(\w+\)s|\{\w+\}|https?://\S+", "", spanish))
    ]
    assert wrong == []
