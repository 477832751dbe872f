"""Boundaries drawn as SVG paths: whole numbers and steps from point to point, so that they weigh little.

The projection is the equirectangular one, true to scale at the middle latitude of what is drawn. Points
are rounded before steps are taken: neighbours that share a boundary go on sharing it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import cos, radians

from .topojson import Extent, Polygon, Ring, extent

MARGIN = 2
"""Units around the drawing, for the width of its lines."""
SMALLEST = ((0, -1), (1, 0), (0, 1), (-1, 0))
"""What is left of a shape that is smaller than one unit: it stays something to point at."""

Dot = tuple[int, int]


@dataclass(frozen=True)
class Drawing:
    """Shapes as SVG paths (``d``) by their id, in a view box from 0, 0 to ``width``, ``height``."""

    width: int
    height: int
    paths: Mapping[str, str]


def draw(shapes: Mapping[str, list[Polygon]], width: int) -> Drawing:
    """Return all shapes by the order of their ids, ``width`` units wide; ValueError if there are none."""
    whole = extent([polygon for shape in shapes.values() for polygon in shape])
    scale = (width - 2 * MARGIN) / ((whole.east - whole.west) * _narrowing(whole))
    height = round((whole.north - whole.south) * scale) + 2 * MARGIN
    paths = {code: _path(_dotted(shapes[code], whole, scale)) for code in sorted(shapes)}
    return Drawing(width, height, paths)


def _narrowing(whole: Extent) -> float:
    """Return how much shorter a degree of longitude is than one of latitude."""
    return cos(radians((whole.north + whole.south) / 2))


def _dotted(shape: list[Polygon], whole: Extent, scale: float) -> list[list[Dot]]:
    rings = [_corners(ring, whole, scale) for polygon in shape for ring in polygon]
    return [ring for ring in rings if len(ring) > 2] or [_speck(shape, whole, scale)]


def _corners(ring: Ring, whole: Extent, scale: float) -> list[Dot]:
    """Return the ring's points on the grid, without repetitions, points of a straight line, and the last."""
    across = scale * _narrowing(whole)
    dots = [
        (round((x - whole.west) * across) + MARGIN, round((whole.north - y) * scale) + MARGIN)
        for x, y in ring
    ]
    kept: list[Dot] = []
    for dot in dots:
        while len(kept) > 1 and _straight(kept[-2], kept[-1], dot):
            kept.pop()
        if not kept or kept[-1] != dot:
            kept.append(dot)
    return kept[:-1] if kept[0] == kept[-1] else kept


def _straight(a: Dot, b: Dot, c: Dot) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0])


def _speck(shape: list[Polygon], whole: Extent, scale: float) -> list[Dot]:
    box = extent(shape)
    x = round(((box.west + box.east) / 2 - whole.west) * scale * _narrowing(whole)) + MARGIN
    y = round((whole.north - (box.north + box.south) / 2) * scale) + MARGIN
    return [(x + dx, y + dy) for dx, dy in SMALLEST]


def _path(rings: Iterable[list[Dot]]) -> str:
    return "".join(_ring(ring) for ring in rings)


def _ring(ring: list[Dot]) -> str:
    """Return one closed subpath: where it begins, the steps, and ``z`` for the last one."""
    steps = [(x - before[0], y - before[1]) for before, (x, y) in pairwise(ring)]
    return f"M{_pair(ring[0])}l{_joined(map(_pair, steps))}z"


def _pair(dot: Dot) -> str:
    return _joined(map(str, dot))


def _joined(numbers: Iterable[str]) -> str:
    """Return numbers side by side; a minus parts them as well as a space does (SVG 2, 9.3.9)."""
    return " ".join(numbers).replace(" -", "-")
