"""Nothing of ours grows past what fits into a head: functions, modules, and the plugin that only names."""

from __future__ import annotations

import ast

import pytest

OURS = ("ckanext", "i18n", "schemas", "bin/runner", "benchmarks", "docker", "tests")
FUNCTION, MODULE, PLUGIN = 50, 400, 80
"""Lines: at most for a function and the plugin, fewer than that for a module."""


def long_functions(source):
    """Return {name: lines} of the functions of a module that are too long."""
    functions = (
        n for n in ast.walk(ast.parse(source)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    lines = {each.name: each.end_lineno - each.lineno + 1 for each in functions}
    return {name: number for name, number in lines.items() if number > FUNCTION}


@pytest.fixture(scope="module")
def modules(checkout):
    """The text of each of our modules: {path from the checkout: text}."""
    paths = [*checkout.glob("*.py"), *(p for folder in OURS for p in (checkout / folder).rglob("*.py"))]
    return {str(path.relative_to(checkout)): path.read_text("utf-8") for path in paths}


@pytest.mark.parametrize(("lines", "found"), [(FUNCTION, {}), (FUNCTION + 1, {"long": FUNCTION + 1})])
def test_a_function_that_is_too_long_is_found(lines, found):
    """Also a method, and one within another: the check below has to be able to fail."""
    body = "        pass\n" * (lines - 1)
    assert long_functions(f"class A:\n    def long(self):\n{body}") == found


def test_no_function_is_longer_than_fifty_lines(modules):
    """Whoever reads one sees all of it at once."""
    assert {path: found for path, text in modules.items() if (found := long_functions(text))} == {}


def test_no_module_has_four_hundred_lines(modules):
    """One subject each."""
    lines = {path: len(text.splitlines()) for path, text in modules.items()}
    assert len(lines) > 100
    assert {path: number for path, number in lines.items() if number >= MODULE} == {}


def test_the_plugin_only_names_what_ckan_has_to_find(modules):
    """No logic stands in it."""
    assert len(modules["ckanext/gobiernoabierto/plugin.py"].splitlines()) <= PLUGIN
