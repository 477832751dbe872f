"""Say where the code lies; all the rest is in pyproject.toml.

``schemas/`` and ``i18n/`` stand at the top of the repository for the people who edit them and
install as ``ckanext.gobiernoabierto.schemas`` and ``ckanext.gobiernoabierto.i18n``. Both need an
``__init__.py``: without it an editable install does not find them.
"""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import find_namespace_packages, setup
from setuptools.command.build_py import build_py

PACKAGE = "ckanext.gobiernoabierto"


class BuildWithCatalogue(build_py):
    """Compile the Spanish before it is packed: what is compiled is in no commit, where it would conflict."""

    def run(self) -> None:
        """Write the catalogue into ``i18n/``, then build as ever."""
        runpy.run_path(str(Path("i18n", "catalogue.py")))["compile_catalogue"]()
        super().run()


setup(
    cmdclass={"build_py": BuildWithCatalogue},
    packages=[
        *find_namespace_packages(include=[f"{PACKAGE}*"]),
        f"{PACKAGE}.schemas",
        f"{PACKAGE}.i18n",
    ],
    package_dir={
        f"{PACKAGE}.schemas": "schemas",
        f"{PACKAGE}.i18n": "i18n",
    },
    # Deprecated by setuptools and still the only thing that lets a wheel of ours stand beside an
    # editable CKAN, whose own ``ckanext`` is a pkg_resources namespace.
    namespace_packages=["ckanext"],
    include_package_data=False,
    package_data={
        PACKAGE: [
            "config_declaration.yaml",
            "profile.ini",
            "presets.yaml",
            "data/*",
            "templates/**/*",
            "assets/**/*",
            "public/**/*",
            "migration/gobiernoabierto/*",
        ],
        f"{PACKAGE}.schemas": ["*.yaml"],
        f"{PACKAGE}.i18n": ["*.pot", "*/LC_MESSAGES/*"],
    },
)
