"""TopoJSON as polygons: the format's own example, and the municipalities that we ship."""

from __future__ import annotations

import json
from importlib import resources

import pytest
from ckanext.gobiernoabierto.lib.topojson import Extent, Polygon, centroid, extent, polygons

SQUARE = [(0.0, 0.0), (4.0, 0.0), (4.0, 4.0), (0.0, 4.0), (0.0, 0.0)]


@pytest.fixture(scope="module")
def municipalities() -> dict[str, list[Polygon]]:
    """The boundaries that we ship, by INE code."""
    text = resources.files("ckanext.gobiernoabierto").joinpath("data/municipios.topojson").read_text("utf-8")
    return polygons(json.loads(text))


def test_shared_arcs_are_decoded_forwards_and_backwards():
    """Two neighbours share an arc: one walks it as it is written, the other one backwards."""
    topology = {
        "type": "Topology",
        "transform": {"scale": [0.5, 2], "translate": [10, 20]},
        "objects": {
            "all": {
                "type": "GeometryCollection",
                "geometries": [
                    {"type": "Polygon", "id": "left", "arcs": [[0, 1]]},
                    {"type": "MultiPolygon", "id": "right", "arcs": [[[2, ~0]]]},
                    {"type": "Point", "id": "none", "coordinates": [0, 0]},
                    {"type": None, "id": "null"},
                ],
            }
        },
        "arcs": [[[2, 0], [0, 2]], [[2, 2], [-2, 0], [0, -2], [2, 0]], [[2, 0], [2, 0], [0, 2], [-2, 0]]],
    }
    shapes = polygons(topology)
    assert set(shapes) == {"left", "right"}
    assert shapes["left"] == [[[(11, 20), (11, 24), (10, 24), (10, 20), (11, 20)]]]
    assert shapes["right"] == [[[(11, 20), (12, 20), (12, 24), (11, 24), (11, 20)]]]


def test_arcs_without_a_transform_are_taken_as_they_are():
    """A topology that is not quantized has plain coordinates."""
    topology = {"objects": {"one": {"type": "Polygon", "id": 7, "arcs": [[0]]}}, "arcs": [SQUARE]}
    assert polygons(topology) == {"7": [[SQUARE]]}


def test_centroid_weighs_parts_by_area_and_leaves_holes_out():
    """A hole pulls the point away, whichever way its ring turns; a smaller part pulls less."""
    hole = [(2.0, 1.0), (4.0, 1.0), (4.0, 3.0), (2.0, 3.0), (2.0, 1.0)]
    for ring in (hole, hole[::-1]):
        assert centroid([[SQUARE, ring]]) == pytest.approx(((16 * 2 - 4 * 3) / 12, 2))
    small = [(10.0, 0.0), (12.0, 0.0), (12.0, 2.0), (10.0, 2.0), (10.0, 0.0)]
    assert centroid([[SQUARE], [small[::-1]]]) == pytest.approx(
        ((16 * 2 + 4 * 11) / 20, (16 * 2 + 4 * 1) / 20)
    )


def test_a_shape_without_area_has_no_centroid():
    """There is nothing to balance."""
    with pytest.raises(ValueError, match="area"):
        centroid([[[(0, 0), (1, 1), (0, 0)]]])


def test_extent_is_written_as_a_closed_polygon():
    """Well-known text, counterclockwise, with the decimals that are asked for."""
    assert Extent(-1, 2, 3, 4.26).wkt(1) == "POLYGON ((-1.0 2.0, 3.0 2.0, 3.0 4.3, -1.0 4.3, -1.0 2.0))"


def test_villa_nueva_has_the_extent_of_the_mapping(municipalities: dict[str, list[Polygon]]):
    """The rectangle that was worked out independently for the mapping of 0115."""
    expected = "POLYGON ((-90.668 14.481, -90.551 14.481, -90.551 14.585, -90.668 14.585, -90.668 14.481))"
    assert extent(municipalities["0115"]).wkt(3) == expected


@pytest.mark.parametrize(
    ("code", "town"),
    [
        ("0101", (-90.51, 14.63)),
        ("0108", (-90.60, 14.63)),
        ("0115", (-90.59, 14.53)),
        ("1307", (-91.71, 15.67)),
    ],
)
def test_municipalities_lie_where_their_towns_are(
    municipalities: dict[str, list[Polygon]], code: str, town: tuple[float, float]
):
    """The town is inside of the rectangle and within 15 km of the centroid."""
    box, (x, y) = extent(municipalities[code]), centroid(municipalities[code])
    assert box.west < town[0] < box.east
    assert box.south < town[1] < box.north
    assert ((x - town[0]) ** 2 + (y - town[1]) ** 2) ** 0.5 * 111 < 15


def test_all_municipalities_have_a_shape_in_guatemala(municipalities: dict[str, list[Polygon]]):
    """340 shapes, each with its centroid inside of its own rectangle."""
    assert len(municipalities) == 340
    for shape in municipalities.values():
        box, (x, y) = extent(shape), centroid(shape)
        assert -92.3 < box.west < x < box.east < -88.1
        assert 13.7 < box.south < y < box.north < 17.9
