#!/usr/bin/env python3
"""Derive our Solr schema from the one that the installed CKAN ships.

``python3 schema.py CKAN_SCHEMA TARGET`` reads ``ckan/config/solr/schema.xml`` and writes ours. A new
CKAN brings its new fields along; the schema keeps CKAN's name, which CKAN checks. Needs only Python.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET  # the input is a file of the installed CKAN
from pathlib import Path

WORD_PARTS = {
    "class": "solr.WordDelimiterGraphFilterFactory",
    "generateWordParts": "1",
    "generateNumberParts": "1",
    "catenateAll": "0",
    "splitOnCaseChange": "1",
}
# Stemming comes before folding: the stemmer knows Spanish words by their accents.
LOWER_CASE = {"class": "solr.LowerCaseFilterFactory"}
SPANISH = (
    {"class": "solr.StopFilterFactory", "words": "stopwords.txt", "ignoreCase": "true"},
    {"class": "solr.SpanishPluralStemFilterFactory"},
    {"class": "solr.ASCIIFoldingFilterFactory"},
    # The stemmer alone leaves clase/clases, índice/índices and autobús/autobuses apart.
    {"class": "solr.PatternReplaceFilterFactory", "pattern": r"(?<=\p{L}{3})(se?s?|es?)$", "replacement": ""},
    {"class": "solr.PatternReplaceFilterFactory", "pattern": "z$", "replacement": "c"},
)
FLAT = {"class": "solr.FlattenGraphFilterFactory"}
# At index time: CKAN's query parser splits a question at its spaces, before "maratón de ideas" could be
# seen as one thing.
SYNONYMS = {
    "class": "solr.SynonymGraphFilterFactory",
    "synonyms": "synonyms.txt",
    "ignoreCase": "true",
    "expand": "true",
}
INDEX_CHAIN = (
    {**WORD_PARTS, "catenateWords": "1", "catenateNumbers": "1"},
    FLAT,
    LOWER_CASE,
    SYNONYMS,
    FLAT,
    *SPANISH,
)
QUERY_CHAIN = (
    {**WORD_PARTS, "catenateWords": "0", "catenateNumbers": "0"},
    LOWER_CASE,
    *SPANISH,
)
LINKED_CODES = ("municipality", "axis", "commitment", "workshop", "problem", "idea", "data_request")
SPANISH_FIELDS = ("res_name", "res_description")


class UnexpectedSchemaError(Exception):
    """CKAN's schema lacks a part that ours is built on."""


def _part(root: ET.Element, path: str) -> ET.Element:
    found = root.find(path)
    if found is None:
        raise UnexpectedSchemaError(f"the schema of the installed CKAN has no {path}")
    return found


def _analyzer(kind: str, chain: tuple[dict[str, str], ...]) -> ET.Element:
    analyzer = ET.Element("analyzer", {"type": kind})
    ET.SubElement(analyzer, "tokenizer", {"class": "solr.WhitespaceTokenizerFactory"})
    for step in chain:
        ET.SubElement(analyzer, "filter", step)
    return analyzer


def derive(ckan_schema: str) -> str:
    """Return our schema for the text of CKAN's.

    Title, notes, resource names and everything copied to ``text`` is analysed as Spanish; the codes of
    linked entities become facets, and their names (``linked_names``) are searchable text.
    :raises UnexpectedSchemaError: when CKAN's schema has changed its shape.
    """
    root = ET.fromstring(ckan_schema)
    text = _part(root, "types/fieldType[@name='text']")
    text[:] = [_analyzer("index", INDEX_CHAIN), _analyzer("query", QUERY_CHAIN)]
    for name in SPANISH_FIELDS:
        _part(root, f"fields/field[@name='{name}']").set("type", "text")
    fields = _part(root, "fields")
    for name in LINKED_CODES:
        ET.SubElement(
            fields,
            "field",
            {"name": name, "type": "string", "indexed": "true", "stored": "true", "multiValued": "true"},
        )
    ET.SubElement(
        fields,
        "field",
        {"name": "linked_names", "type": "text", "indexed": "true", "stored": "true", "multiValued": "true"},
    )
    ET.SubElement(root, "copyField", {"source": "linked_names", "dest": "text"})
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True)


if __name__ == "__main__":
    source, target = (Path(argument) for argument in sys.argv[1:3])
    target.write_text(derive(source.read_text(encoding="utf-8")), encoding="utf-8")
