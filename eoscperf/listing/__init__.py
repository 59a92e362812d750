"""Lists as the database sees them: order, pages by number or cursor, search in text."""

from eoscperf.listing.cursors import BadCursor, CursorBinding
from eoscperf.listing.paging import (
    UNSET,
    Found,
    Order,
    Page,
    PageRequest,
    Source,
    cut_page,
    paginate,
)
from eoscperf.listing.sorting import (
    BadSort,
    CodePointOrder,
    Component,
    SortField,
    SortFields,
    SortKey,
    column_field,
    parse_sort,
    sort_text,
)
from eoscperf.listing.terms import contains_ci, contains_text, matches_all, search_text, storable

__all__ = [
    "UNSET",
    "BadCursor",
    "BadSort",
    "CodePointOrder",
    "Component",
    "CursorBinding",
    "Found",
    "Order",
    "Page",
    "PageRequest",
    "SortField",
    "SortFields",
    "SortKey",
    "Source",
    "column_field",
    "contains_ci",
    "contains_text",
    "cut_page",
    "matches_all",
    "paginate",
    "parse_sort",
    "search_text",
    "sort_text",
    "storable",
]
