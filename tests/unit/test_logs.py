"""What is masked in a log, and what is not."""

from __future__ import annotations

import logging

import pytest
from ckanext.gobiernoabierto.web.logs import Masking, masked


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("200 /seguir/confirmar/zz9-a_b render time", "200 /seguir/confirmar/*** render time"),
        (
            '"GET /en/seguir/baja/zz9.a.b HTTP/1.1" 200 "https://x/seguir/mis-seguimientos/zz9"',
            '"GET /en/seguir/baja/*** HTTP/1.1" 200 "https://x/seguir/mis-seguimientos/***"',
        ),
        ("/seguir/mis-seguimientos/zz9/datos.json", "/seguir/mis-seguimientos/***/datos.json"),
        ("GET /user/reset/ana?a=1&key=zz9 HTTP", "GET /user/reset/ana?a=1&key=*** HTTP"),
        ("/seguir?kind=problem&code=0115-P1", "/seguir?kind=problem&code=0115-P1"),
        ("/seguir/mis-seguimientos", "/seguir/mis-seguimientos"),
        ("/dataset/?key=valor", "/dataset/?key=valor"),
    ],
)
def test_a_secret_is_masked_and_nothing_else(line: str, told: str):
    """Wherever it stands in the line."""
    assert masked(line) == told


def test_what_cannot_be_put_together_is_left_to_logging():
    """A record with too few values is no reason to lose the request."""
    make = Masking(logging.LogRecord)
    assert make("x", logging.INFO, "", 0, "%s /seguir/baja/zz9 %s", ("one",), None).args == ("one",)
    record = make("x", logging.INFO, "", 0, "%s %s", (200, "/seguir/baja/zz9"), None)
    assert record.getMessage() == "200 /seguir/baja/***"
