"""Tell a question or a dataset that Solr refuses from a Solr that does not answer; CKAN mixes them up."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import ckan.plugins.toolkit as tk
from ckan import model
from ckan.lib.search import SearchError, SearchIndexError, SearchQueryError, is_available
from ckan.lib.search.common import SolrConnectionError
from flask import g, has_app_context
from pysolr import SolrError
from werkzeug.exceptions import ServiceUnavailable

# pysolr keeps the status of Solr's answer in its message alone; of too many words Solr makes a 500
REFUSED_BY_SOLR = re.compile(r"\(HTTP 4\d\d\)|too many nested clauses")

DOWN = "gobiernoabierto_search_is_down"


@contextmanager
def answered_by_solr() -> Iterator[None]:
    """Run a search. Raises SearchQueryError for a bad question and ServiceUnavailable (503) for no answer.

    Both in our words: CKAN passes on what Solr says, the Java classes included.
    """
    try:
        yield
    except SearchQueryError:
        raise
    except SolrConnectionError as error:
        raise _down() from error
    except SearchError as error:
        cause = error.__context__
        if isinstance(cause, SolrError) and not REFUSED_BY_SOLR.search(str(cause)):
            raise _down() from error
        message = tk._("The search has a mistake: use plain words, or quotes around a phrase")
        raise SearchQueryError(message) from None


@contextmanager
def indexed_by_solr() -> Iterator[None]:
    """Write datasets, or nothing. Raises ValidationError for what Solr refuses, and for no answer 503.

    CKAN indexes before it commits, and has logged what Solr said.
    """
    try:
        yield
    except SearchIndexError as error:
        model.Session.rollback()
        cause = error.__context__
        if not (isinstance(cause, SolrError) and REFUSED_BY_SOLR.search(str(cause))):
            raise _down() from error
        message = tk._(
            "The search cannot keep a value of it, perhaps of an extra: shorten it, or leave it out"
        )
        raise tk.ValidationError({"message": [message]}) from None


@contextmanager
def indexed_after_the_commit() -> Iterator[None]:
    """Write what CKAN commits before it asks Solr. Raises ServiceUnavailable (503) for no answer.

    Solr is asked first, and nothing is stored while it is away. What it fails on after the commit stands:
    the same call once more, or ``ckan gobiernoabierto links repair``, tells the index.
    """
    if not is_available():
        raise _down()
    try:
        yield
    except (SearchError, SearchIndexError, SolrConnectionError, SolrError) as error:
        model.Session.rollback()
        raise _down() from error


def is_down() -> bool:
    """Tell whether the search failed to answer in this request; the API makes a plain 500 of it."""
    return bool(g.get(DOWN))


def _down() -> ServiceUnavailable:
    if has_app_context():
        setattr(g, DOWN, True)
    return ServiceUnavailable(tk._("The search does not answer at the moment: try again in a minute"))
