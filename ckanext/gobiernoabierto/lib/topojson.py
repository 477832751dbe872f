"""TopoJSON read as plain polygons: where a municipality lies, from the boundaries that we ship.

The format is that of the TopoJSON specification, version 1: arcs are shared between neighbours,
quantized, and written as differences.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

Point = tuple[float, float]
"""(longitude, latitude), in degrees."""
Ring = list[Point]
"""A closed line: the last point is the first one."""
Polygon = list[Ring]
"""The outer ring, then the holes."""


@dataclass(frozen=True)
class Extent:
    """The smallest rectangle around a shape, in degrees."""

    west: float
    south: float
    east: float
    north: float

    def wkt(self, decimals: int) -> str:
        """Return the rectangle as a WKT polygon (OGC 06-103r4), counterclockwise."""
        west, south, east, north = (f"{value:.{decimals}f}" for value in self._sides())
        corners = ((west, south), (east, south), (east, north), (west, north), (west, south))
        return f"POLYGON (({', '.join(' '.join(corner) for corner in corners)}))"

    def _sides(self) -> tuple[float, float, float, float]:
        return self.west, self.south, self.east, self.north


def polygons(topology: Mapping[str, Any]) -> dict[str, list[Polygon]]:
    """Return the polygons of every object of a topology, by the object's id.

    Geometries that enclose nothing (points, lines, null) are left out.
    """
    arcs = list(_decoded_arcs(topology))
    return {
        str(geometry["id"]): list(_geometry_polygons(geometry, arcs))
        for collection in topology["objects"].values()
        for geometry in collection.get("geometries", [collection])
        if geometry.get("type") in ("Polygon", "MultiPolygon")
    }


def _decoded_arcs(topology: Mapping[str, Any]) -> Iterator[list[Point]]:
    transform = topology.get("transform")
    if transform is None:
        yield from ([(x, y) for x, y, *_ in arc] for arc in topology["arcs"])
        return
    (scale_x, scale_y), (move_x, move_y) = transform["scale"], transform["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy, *_ in arc:
            x, y = x + dx, y + dy
            points.append((x * scale_x + move_x, y * scale_y + move_y))
        yield points


def _geometry_polygons(geometry: Mapping[str, Any], arcs: list[list[Point]]) -> Iterator[Polygon]:
    many = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
    for polygon in many:
        yield [_ring(indexes, arcs) for indexes in polygon]


def _ring(indexes: list[int], arcs: list[list[Point]]) -> Ring:
    """Join arcs into a ring; ``~i`` is arc i backwards, and a joint is the end of both arcs."""
    ring: Ring = []
    for index in indexes:
        arc = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += arc if not ring else arc[1:]
    return ring


def extent(shape: list[Polygon]) -> Extent:
    """Return the smallest rectangle around all polygons of a shape; ValueError if there are none."""
    xs, ys = zip(*(point for polygon in shape for ring in polygon for point in ring), strict=True)
    return Extent(min(xs), min(ys), max(xs), max(ys))


def centroid(shape: list[Polygon]) -> Point:
    """Return the point on which the shape would balance: holes count less, larger parts more.

    ValueError if the shape has no area.
    """
    area = moment_x = moment_y = 0.0
    for polygon in shape:
        for position, ring in enumerate(polygon):
            ring_area, x, y = _ring_moments(ring)
            sign = 1 if (ring_area > 0) == (position == 0) else -1
            area, moment_x, moment_y = area + sign * ring_area, moment_x + sign * x, moment_y + sign * y
    if not area:
        raise ValueError("a shape without area has no centroid")
    return moment_x / area, moment_y / area


def _ring_moments(ring: Ring) -> tuple[float, float, float]:
    """Return twice the signed area and the moments of a ring, so that moment / area is its centroid."""
    # Degrees are far from zero and the rings are small: without the shift the differences drown.
    x0, y0 = ring[0]
    area = moment_x = moment_y = 0.0
    for (xa, ya), (xb, yb) in pairwise(ring):
        cross = (xa - x0) * (yb - y0) - (xb - x0) * (ya - y0)
        area += cross
        moment_x += cross * (xa + xb - 2 * x0) / 3
        moment_y += cross * (ya + yb - 2 * y0) / 3
    return area, moment_x + area * x0, moment_y + area * y0
