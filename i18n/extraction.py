"""Every message that the installed code can show, and which of them lack Spanish.

Needs a checkout (``babel.toml`` says where ours are) and an environment with CKAN in it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

import polib
from babel.messages.extract import extract_from_dir
from ckanext.gobiernoabierto.i18n import catalogue
from ckanext.gobiernoabierto.i18n.catalogue import Key
from ckanext.gobiernoabierto.i18n.runtime import runtime_texts

CHECKOUT = catalogue.FOLDER.parent

# Whose messages a page of ours may show. A plugin's distribution that joins the site joins this list.
DISTRIBUTIONS = ("ckan", "ckanext-scheming", "ckanext-dcat")

CKAN_EXTRACTOR = "ckan.lib.extract:extract_ckan"

# CKAN's own rules of extraction (its setup.py), less what never runs on a site.
UPSTREAM_MAPPINGS = [
    ("**/tests/**", "ignore"),
    ("**/2.8_templates/**", "ignore"),
    ("**.py", "python"),
    ("**.js", "javascript"),
    ("**.html", CKAN_EXTRACTOR),
    ("templates/**.txt", CKAN_EXTRACTOR),
]

Messages = dict[Key, "Message"]


@dataclass
class Message:
    """One text in English: where it stands, and its plural where it has one."""

    text: str
    context: str | None
    plural: str = ""
    files: set[str] = field(default_factory=set)

    @property
    def in_scripts(self) -> bool:
        """Say whether a browser's script shows it: CKAN hands those over in a file of their own."""
        return any(name.endswith(".js") for name in self.files)


def our_messages(checkout: Path = CHECKOUT) -> Messages:
    """Return the messages of our own code, by the rules of ``babel.toml``."""
    rules = tomllib.loads((checkout / "babel.toml").read_text("utf-8"))
    mappings = [(mapping["pattern"], mapping["method"]) for mapping in rules["mappings"]]
    return _extract([checkout / "ckanext" / "gobiernoabierto"], mappings)


@cache
def upstream_messages() -> Messages:
    """Return the messages of CKAN, its own plugins and the plugins that we stand on, as installed."""
    found = _extract(_upstream_folders(), UPSTREAM_MAPPINGS)
    for text, name in runtime_texts():
        found.setdefault((text, None), Message(text, None)).files.add(name)
    return found


def upstream_translations() -> dict[Key, polib.POEntry]:
    """Return the Spanish that CKAN and the plugins bring along themselves."""
    found: dict[Key, polib.POEntry] = {}
    for folder in _upstream_folders():
        for path in sorted(folder.glob(f"i18n/{catalogue.LOCALE}/LC_MESSAGES/*.po")):
            found |= {catalogue.key(entry): entry for entry in polib.pofile(str(path)).translated_entries()}
    return found


def update_sources(folder: Path = catalogue.FOLDER, checkout: Path = CHECKOUT) -> None:
    """Bring the source files up to date with the installed code, keeping every translation in use.

    New messages come in with an empty translation, unless CKAN has Spanish for them; those that no
    code shows any more go. A message of CKAN's scripts stands in our own file, because CKAN reads no
    other for the browser.
    """
    ours, upstream, theirs = our_messages(checkout), upstream_messages(), upstream_translations()
    sources = {name: catalogue.read_source(name, folder) for name in catalogue.SOURCES}
    known = {catalogue.key(entry): entry for source in sources.values() for entry in source}
    lacking = {k: message for k, message in upstream.items() if k not in theirs}
    overridden = {k: upstream[k] for k in known if k in upstream and k not in lacking}
    scripts = {k: message for k, message in (lacking | overridden).items() if message.in_scripts}
    own = scripts | {
        k: _counted(m, upstream.get(k))
        for k, m in ours.items()
        if k not in theirs or (k in known and _has_words(known[k]))
    }
    _write(catalogue.OURS, own, known, folder)
    _write(catalogue.UPSTREAM, _without(lacking, own), known, folder)
    _write(catalogue.WORDS, _without(overridden, own), known, folder)


def lacking_spanish(folder: Path = catalogue.FOLDER, checkout: Path = CHECKOUT) -> list[Message]:
    """Return the messages, ours and theirs, that nobody has translated, in the order of their text.

    Also those of which only some forms are there: CKAN's words would be shown in place of ours.
    """
    entries = [entry for name in catalogue.SOURCES for entry in catalogue.read_source(name, folder)]
    begun = {catalogue.key(entry) for entry in entries if _has_words(entry) and not entry.translated()}
    present = set(upstream_translations()) | {catalogue.key(entry) for entry in catalogue.merged(folder)}
    every = upstream_messages() | our_messages(checkout)
    return sorted((m for k, m in every.items() if k in begun or k not in present), key=lambda m: m.text)


def _upstream_folders() -> list[Path]:
    found = entry_points(group="ckan.plugins")
    names = {".".join(e.module.split(".")[:2]) for e in found if e.dist and e.dist.name in DISTRIBUTIONS}
    names = {name for name in names if not name.startswith("ckanext.example_")}
    specs = (find_spec(name) for name in ["ckan", *sorted(names)])
    return [Path(place) for spec in specs if spec for place in spec.submodule_search_locations or ()]


def _extract(folders: Iterable[Path], mappings: list[tuple[str, str]]) -> Messages:
    found: Messages = {}
    for folder in folders:
        prefix = folder.parent.name if folder.parent.name == "ckanext" else ""
        for name, _line, text, _comments, context in extract_from_dir(str(folder), mappings):
            singular, plural = text[:2] if isinstance(text, tuple) else (text, "")
            message = found.setdefault((singular, context), Message(singular, context))
            message.plural = message.plural or plural
            message.files.add(str(Path(prefix, folder.name, name)))
    return found


def _counted(message: Message, same: Message | None) -> Message:
    """Return our message, with a plural if CKAN's use of the same English has one: one entry serves both."""
    return replace(message, plural=message.plural or (same.plural if same else ""))


def _has_words(entry: polib.POEntry) -> bool:
    return any((entry.msgstr, *entry.msgstr_plural.values()))


def _without(messages: Messages, others: Mapping[Key, object]) -> Messages:
    return {k: message for k, message in messages.items() if k not in others}


def _write(name: str, messages: Messages, known: Mapping[Key, polib.POEntry], folder: Path) -> None:
    po = catalogue.new_file()
    for k, message in sorted(messages.items(), key=lambda item: (item[0][0], item[0][1] or "")):
        po.append(_entry(message, known.get(k)))
    po.save(str(catalogue.source_path(name, folder)))


def _entry(message: Message, known: polib.POEntry | None) -> polib.POEntry:
    entry = polib.POEntry(
        msgid=message.text,
        msgctxt=message.context,
        occurrences=[(name, "") for name in sorted(message.files)],
        flags=["python-format"] if "%(" in message.text else [],
    )
    forms = (known.msgstr_plural or {0: known.msgstr}) if known else {}
    if known:
        entry.tcomment = known.tcomment
    if message.plural:
        entry.msgid_plural = message.plural
        entry.msgstr_plural = {number: forms.get(number, "") for number in range(3)}
    else:
        entry.msgstr = forms.get(0, "")
    return entry
