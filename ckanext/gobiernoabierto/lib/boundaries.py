"""The boundaries of the municipalities that we ship, and the drawings of them; they never change."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from importlib import resources

from . import topojson
from .outlines import Drawing, draw
from .topojson import Polygon

COUNTRY_WIDTH, DEPARTMENT_WIDTH = 720, 240
"""In units of the drawing; the country weighs 17 kB compressed at this width."""


def municipalities() -> dict[str, list[Polygon]]:
    """Return the polygons of each municipality, by INE code."""
    shipped = resources.files("ckanext.gobiernoabierto").joinpath("data/municipios.topojson")
    return topojson.polygons(json.loads(shipped.read_text("utf-8")))


def department_of(municipality: str) -> str:
    """Return the code of the department: the first two digits of INE's code of the municipality."""
    return municipality[:2]


@cache
def country() -> Drawing:
    """Return all municipalities as one drawing, made once for each process."""
    return draw(municipalities(), COUNTRY_WIDTH)


@cache
def departments() -> Mapping[str, Drawing]:
    """Return the municipalities of each department as a drawing, by its code, made once for each process."""
    shapes: dict[str, dict[str, list[Polygon]]] = {}
    for code, shape in municipalities().items():
        shapes.setdefault(department_of(code), {})[code] = shape
    return {code: draw(shapes[code], DEPARTMENT_WIDTH) for code in sorted(shapes)}
