"""Lists and pages with 20,000 ideas, 2,000 problems and 400 workshops in the tables.

Bounds: 12 queries, and a quarter of the CPU of a dataset page of stock CKAN, measured as ``entity_page.py``
measures the pages of entities. All rows are of one municipality, which is the worst that can be.
"""

from __future__ import annotations

import random
import sys
from typing import Any

from entity_page import main
from full_text import fill

MOST_QUERIES, BOUND = 12, 0.25
PAGES = (
    "/ideas",
    "/ideas?municipality=0115&page=400",
    "/problemas",
    "/talleres",
    "/idea/0115-I1077",
    "/problema/0115-P1077",
    "/taller/0115-W1077",
    "/municipio/0115",
    "/compromiso/3-11",
)


def prepare_more(app: Any) -> None:
    """Put the rows beside those of ``entity_page.py``, and let PostgreSQL know how many there are."""
    with app.test_request_context():
        import sqlalchemy as sa
        from ckan import model

        connection = model.Session.connection()
        fill(connection, random.Random(7))
        connection.execute(sa.text("ANALYZE"))
        model.Session.commit()
        model.Session.remove()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], PAGES, MOST_QUERIES, BOUND, prepare_more))
