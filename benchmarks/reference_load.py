"""Loading all reference rows, the first time and again. Bound: 10 s.

There is no stock peer that loads such rows; the peer here is the same rows written one by one by our own
actions, as a program that harvests would.
"""

from __future__ import annotations

import sys
import time

from ckan.cli import load_config
from ckan.config.middleware import make_app

BOUND = 10.0


def main() -> int:
    """Load, load again, then write the municipalities by action; print seconds and the ratio."""
    app = make_app(load_config(sys.argv[1]))
    with app._wsgi_app.test_request_context():
        import ckan.plugins.toolkit as tk
        import sqlalchemy as sa
        from ckan import model
        from ckanext.gobiernoabierto.entities.registry import ENTITY_TYPES
        from ckanext.gobiernoabierto.logic.reference import SHIPPED, load

        seconds = {}
        for run in ("first", "again"):
            started = time.perf_counter()
            report = load(SHIPPED)
            seconds[run] = time.perf_counter() - started
        rows = sum(report.unchanged.values())
        values = tk.get_action("gobiernoabierto_municipality_list")({"user": ""}, {"limit": 1000})["results"]
        # the triggers that keep the searched texts hear of no TRUNCATE
        names = ", ".join([*(entity.table.name for entity in ENTITY_TYPES), "gobiernoabierto_text"])
        model.Session.execute(sa.text(f"TRUNCATE {names} CASCADE"))
        model.repo.commit()
        context = {"user": "", "ignore_auth": True}
        started = time.perf_counter()
        for row in values:
            given = {name: row[name] for name in ("code", "name", "other_names", "source")}
            department = {"code": row["department"], "name": "x"}
            if model.Session.get(ENTITY_TYPES[0].model, row["department"]) is None:
                tk.get_action("gobiernoabierto_department_create")(context, department)
            tk.get_action("gobiernoabierto_municipality_create")(
                context, {**given, "department": row["department"]}
            )
        by_action = (time.perf_counter() - started) / len(values)
    each = seconds["first"] / rows
    print(
        f"first load of {rows} rows: {seconds['first']:.2f} s;"
        f" again: {seconds['again']:.2f} s (bound {BOUND:.0f} s)"
    )
    print(f"a row, loaded / written by action: {each / by_action:.2f}")
    return int(max(seconds.values()) > BOUND)


if __name__ == "__main__":
    sys.exit(main())
