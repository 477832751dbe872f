"""What people and programs get at an address: one blueprint for each audience."""

from __future__ import annotations

from .entities import entity_pages
from .uploads import uploads

__all__ = ["entity_pages", "uploads"]
