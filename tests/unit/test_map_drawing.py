"""The drawn boundaries and the map made of them: closed, inside, small, the same every time."""

from __future__ import annotations

import gzip
import re
import xml.etree.ElementTree as ET
from itertools import pairwise

import pytest
from ckanext.gobiernoabierto.lib import boundaries, map_svg
from ckanext.gobiernoabierto.lib.map_svg import Area, Group
from ckanext.gobiernoabierto.lib.outlines import Drawing, draw
from ckanext.gobiernoabierto.lib.spanish_order import key
from hypothesis import assume, given
from hypothesis import strategies as st

SUBPATH = re.compile(r"M(-?\d+[ -]\d+)l([-\d ]+)z")
HEAVIEST = 40_000
NAMESPACE = "{http://www.w3.org/2000/svg}"

degrees = st.floats(-1, 1, allow_nan=False)
points = st.tuples(degrees, degrees)
rings = st.lists(points, min_size=3, max_size=8).map(lambda ring: [*ring, ring[0]])
polygons = st.lists(rings, min_size=1, max_size=2)
shapes = st.dictionaries(
    st.sampled_from("abc"), st.lists(polygons, min_size=1, max_size=2), min_size=1, max_size=3
)


def rings_of(path: str) -> list[list[tuple[int, int]]]:
    """Return the points of each closed subpath, as a browser walks them; nothing else may stand there."""
    assert SUBPATH.sub("", path) == "", path
    found = []
    for start, steps in SUBPATH.findall(path):
        x, y = map(int, re.findall(r"-?\d+", start))
        numbers = list(map(int, re.findall(r"-?\d+", steps)))
        walked = [(x, y)]
        for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
            walked.append((walked[-1][0] + dx, walked[-1][1] + dy))
        found.append(walked)
    return found


def area_of(ring: list[tuple[int, int]]) -> float:
    """Return the signed area within a ring whose last point is not its first one."""
    return sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairwise([*ring, ring[0]])) / 2


def assert_closed_and_inside(drawing: Drawing) -> None:
    """Every shape is one or more closed subpaths of three corners or more within the view box."""
    for code, path in drawing.paths.items():
        walked = rings_of(path)
        assert walked, code
        for ring in walked:
            assert len(ring) >= 3, code
            assert all(0 <= x <= drawing.width and 0 <= y <= drawing.height for x, y in ring), code


def test_every_municipality_is_drawn_closed_and_inside():
    """All 340, none of them without an area."""
    drawing = boundaries.country()
    assert len(drawing.paths) == 340
    assert_closed_and_inside(drawing)
    assert all(any(area_of(ring) for ring in rings_of(path)) for path in drawing.paths.values())


def test_every_department_is_drawn_with_its_own_municipalities():
    """22 drawings that share out the 340."""
    drawn = boundaries.departments()
    assert len(drawn) == 22
    for department, drawing in drawn.items():
        assert_closed_and_inside(drawing)
        assert {boundaries.department_of(code) for code in drawing.paths} == {department}
    assert sum(len(drawing.paths) for drawing in drawn.values()) == 340


def test_the_north_is_up():
    """Petén lies above Jutiapa, and San Marcos left of Izabal."""
    middle = {}
    for code in ("1701", "2201", "1201", "1801"):
        dots = [dot for ring in rings_of(boundaries.country().paths[code]) for dot in ring]
        middle[code] = [sum(axis) / len(dots) for axis in zip(*dots, strict=True)]
    assert middle["1701"][1] < middle["2201"][1]
    assert middle["1201"][0] < middle["1801"][0]


def test_a_drawing_is_the_same_every_time():
    """Whatever the order in which the shapes come."""
    shapes = boundaries.municipalities()
    turned = dict(reversed(shapes.items()))
    assert list(draw(turned, 720).paths.items()) == list(draw(shapes, 720).paths.items())


@pytest.mark.long
@given(shapes)
def test_any_shapes_are_drawn_closed_and_inside(given_shapes):
    """Also those without an area, and those that are smaller than a unit."""
    xs, _ = zip(*[p for s in given_shapes.values() for g in s for r in g for p in r], strict=True)
    assume(max(xs) - min(xs) > 1e-3)
    drawing = draw(given_shapes, 100)
    assert set(drawing.paths) == set(given_shapes)
    assert_closed_and_inside(drawing)


def test_neighbours_go_on_sharing_their_boundary():
    """Two squares side by side leave no gap between them."""
    left = [[[(0.0, 0.0), (0.0, 1.0), (0.33, 1.0), (0.33, 0.0), (0.0, 0.0)]]]
    right = [[[(0.33, 0.0), (0.33, 1.0), (1.0, 1.0), (1.0, 0.0), (0.33, 0.0)]]]
    (a,), (b,) = (rings_of(path) for path in draw({"a": left, "b": right}, 90).paths.values())
    assert max(x for x, _ in a) == min(x for x, _ in b)


def everything(title: str = "Mixco & «Villa»: <b>") -> str:
    """Return a map in which every municipality has a link, a long title and a class."""
    areas = [
        Area(code, number % 5, f"{title} {number}", f"/municipio/{code}")
        for number, code in enumerate(boundaries.country().paths)
    ]
    return map_svg.choropleth(boundaries.country(), [Group("01", "Guatemala", tuple(areas))], "Mapa")


def test_the_map_is_well_formed_and_light():
    """Whatever a name holds; and less than 40 kB compressed with all links and titles."""
    drawn = everything()
    root = ET.fromstring(drawn)
    links = root.findall(f".//{NAMESPACE}a")
    assert len(links) == 340
    assert links[0].findtext(f"{NAMESPACE}title") == "Mixco & «Villa»: <b> 0"
    assert len(gzip.compress(drawn.encode())) < HEAVIEST
    assert drawn == everything()


def test_no_class_is_told_by_colour_alone():
    """Those between none and many have a pattern, and each has another darkness."""
    root = ET.fromstring(everything())
    patterns = [pattern.get("id") for pattern in root.iter(f"{NAMESPACE}pattern")]
    assert patterns == ["ga-1", "ga-2", "ga-3", "ga-unknown"]
    fills = {path.get("fill") for path in root.findall(f".//{NAMESPACE}a/{NAMESPACE}path")}
    assert fills == {"#fff", "url(#ga-1)", "url(#ga-2)", "url(#ga-3)", "#07335c"}
    grounds = [f"#{3 * 'ff'}" if ground == "#fff" else ground for ground, _ in map_svg.PATTERNS]
    lightness = [sum(bytes.fromhex(ground[1:])) for ground in grounds]
    assert lightness == sorted(set(lightness), reverse=True)


def test_a_shape_of_which_nothing_is_known_is_no_link():
    """It has the pattern of what is unknown."""
    root = ET.fromstring(map_svg.choropleth(boundaries.country(), [], "Mapa"))
    assert not root.findall(f".//{NAMESPACE}a")
    assert {path.get("fill") for path in root.findall(f"./{NAMESPACE}g/{NAMESPACE}path")} == {
        "url(#ga-unknown)"
    }


def test_a_group_passes_over_what_has_no_shape():
    """A municipality that was founded after the boundaries were drawn."""
    group = Group("01", "Guatemala", (Area("0199", 1, "Nueva", "/municipio/0199"),))
    assert "Nueva" not in map_svg.choropleth(boundaries.country(), [group], "Mapa")


@given(st.integers(0, 10_000))
def test_a_count_is_within_the_bounds_of_its_class(count):
    """The legend tells the truth of every number."""
    least, largest = map_svg.bounds(map_svg.shade(count))
    assert least <= count
    assert largest is None or count <= largest


def test_a_locator_shows_one_among_the_others():
    """One dark shape; an unknown code is an error."""
    drawing = boundaries.departments()["01"]
    root = ET.fromstring(map_svg.locator(drawing, "0108", 'Dónde está "Mixco"'))
    assert root.get("aria-label") == 'Dónde está "Mixco"'
    here = [path.get("d") for path in root.iter(f"{NAMESPACE}path") if path.get("fill") == "#07335c"]
    assert here == [drawing.paths["0108"]]
    with pytest.raises(KeyError):
        map_svg.locator(drawing, "1301", "")


def test_names_are_in_the_order_of_a_spanish_dictionary():
    """Accents do not count, ñ is a letter of its own."""
    names = ["Ocós", "ñame", "Nuevo", "Álamo", "Nebaj", "Amatitlán", "nzz"]
    assert sorted(names, key=key)[:3] == ["Álamo", "Amatitlán", "Nebaj"]
    assert sorted(names, key=key)[-2:] == ["ñame", "Ocós"]
