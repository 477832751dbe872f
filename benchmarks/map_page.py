"""The map of the municipalities: its SQL queries, and its CPU against a dataset page of stock CKAN.

Bounds: 12 queries, and half of the CPU, measured as ``entity_page.py`` measures the pages of entities, on
the same rows: all 340 municipalities are drawn, and none comes from a cache of the reader's.
"""

from __future__ import annotations

import sys

from entity_page import main

MOST_QUERIES, BOUND = 12, 0.5
PAGES = ("/mapa", "/mapa?por=sin-respuesta&orden=-municipio", "/mapa.svg", "/mapa.csv")

if __name__ == "__main__":
    sys.exit(main(sys.argv[1], PAGES, MOST_QUERIES, BOUND))
