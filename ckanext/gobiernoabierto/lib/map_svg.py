"""Maps as SVG text: areas shaded by class, each class a pattern of its own, and a locator.

What people cannot tell by colour they tell by dots, lines and crosses; ids begin with ``ga-``, since they
share the page's names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape

from .outlines import Drawing

SVG = 'xmlns="http://www.w3.org/2000/svg"'
LIMITS = (1, 2, 5, 10)
"""Where each class above "none" begins: the same for every map, so that two of them can be compared."""
CLASSES = range(len(LIMITS) + 1)
UNKNOWN = ("#e3e6ea", '<path d="M0 2h8M0 6h8" stroke="#6c7885" stroke-width=".8"/>')
"""Ground and figure of what nobody knows."""
TILE = 8
PATTERNS = (
    ("#fff", ""),
    ("#d9e8f5", '<circle cx="4" cy="4" r="1.1" fill="#07335c"/>'),
    ("#9cc3e4", '<path d="M-1 9 9-1" stroke="#07335c"/>'),
    ("#3f83bd", '<path d="M-1 9 9-1M-1-1 9 9" stroke="#fff"/>'),
    ("#07335c", ""),
)
"""Ground and figure of each class, on a tile of 8 by 8: the more, the darker."""


@dataclass(frozen=True)
class Area:
    """What the map says of one shape."""

    code: str
    shade: int | None
    """Its class; None where nothing is known of it."""
    title: str = ""
    href: str = ""


@dataclass(frozen=True)
class Group:
    """Areas that the keyboard walks through one after the other."""

    key: str
    label: str
    areas: tuple[Area, ...]


def shade(count: int) -> int:
    """Return the class of a count: 0 for none, 1 for one, up to 4 for ten and more."""
    return sum(count >= limit for limit in LIMITS)


def bounds(number: int) -> tuple[int, int | None]:
    """Return the least and the largest count of a class; the last one has no largest."""
    least = (0, *LIMITS)[number]
    return least, (LIMITS[number] - 1 if number < len(LIMITS) else None)


def choropleth(drawing: Drawing, groups: Iterable[Group], label: str) -> str:
    """Return the map: a link for each area that has one, in the order of the groups.

    Shapes of which no group says anything come first, in the colour of what is unknown.
    """
    walked = tuple(groups)
    told = {area.code for group in walked for area in group.areas}
    rest = tuple(Area(code, None) for code in drawing.paths if code not in told)
    body = "".join(_area(drawing, area) for area in rest) + "".join(_group(drawing, each) for each in walked)
    return _svg(drawing, "group", label, f"{_patterns()}{_outlined(body)}")


def picture(drawing: Drawing, shades: Mapping[str, int], label: str, source: str) -> str:
    """Return the map as an image without links, which says where its boundaries are from."""
    areas = "".join(_area(drawing, Area(code, shades.get(code))) for code in drawing.paths)
    return _svg(drawing, "img", label, f"<desc>{escape(source)}</desc>{_patterns()}{_outlined(areas)}")


def locator(drawing: Drawing, code: str, label: str) -> str:
    """Return where a shape lies among the others of a drawing; KeyError if it is none of them."""
    others = "".join(path for each, path in drawing.paths.items() if each != code)
    here = f'<path fill="#07335c" stroke-width="2" d="{drawing.paths[code]}"/>'
    return _svg(drawing, "img", label, _outlined(f'<path fill="#fff" d="{others}"/>{here}'))


def swatch(number: int | None) -> str:
    """Return a sample of a class for a legend on the page of the map, whose patterns it uses."""
    ground = _fill(number)
    box = f'<rect x=".5" y=".5" width="35" height="19" fill="{ground}" stroke="#4a5663"/>'
    return f'<svg {SVG} class="ga-swatch" width="36" height="20" aria-hidden="true">{box}</svg>'


def _svg(drawing: Drawing, role: str, label: str, body: str) -> str:
    size = f'viewBox="0 0 {drawing.width} {drawing.height}" width="{drawing.width}" height="{drawing.height}"'
    return f'<svg {SVG} {size} role="{role}" aria-label="{escape(label)}">{body}</svg>'


def _outlined(body: str) -> str:
    return f'<g stroke="#4a5663" stroke-width=".7" stroke-linejoin="round">{body}</g>'


def _patterns() -> str:
    tiles = (
        f'<pattern id="ga-{name}" width="{TILE}" height="{TILE}" patternUnits="userSpaceOnUse">'
        f'<rect width="{TILE}" height="{TILE}" fill="{ground}"/>{figure}</pattern>'
        for name, (ground, figure) in (*enumerate(PATTERNS), ("unknown", UNKNOWN))
        if figure
    )
    return f"<defs>{''.join(tiles)}</defs>"


def _fill(number: int | None) -> str:
    if number is None:
        return "url(#ga-unknown)"
    ground, figure = PATTERNS[number]
    return f"url(#ga-{number})" if figure else ground


def _group(drawing: Drawing, group: Group) -> str:
    areas = "".join(_area(drawing, area) for area in group.areas if area.code in drawing.paths)
    return f'<g id="ga-d{escape(group.key)}" role="group" aria-label="{escape(group.label)}">{areas}</g>'


def _area(drawing: Drawing, area: Area) -> str:
    path = f'<path fill="{_fill(area.shade)}" d="{drawing.paths[area.code]}"/>'
    title = f"<title>{escape(area.title)}</title>" if area.title else ""
    return f'<a href="{escape(area.href)}">{title}{path}</a>' if area.href else path
