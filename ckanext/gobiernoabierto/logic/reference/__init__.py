"""The reference rows: upserted by code, all or nothing, and never over what a person has written."""

from __future__ import annotations

from .files import SHIPPED
from .load import Report, load

__all__ = ["SHIPPED", "Report", "load"]
