"""What an upload means for the rules that allowed it."""

from __future__ import annotations

from typing import Any

from eoscperf.ciupload.authentication import CISource
from eoscperf.ciupload.service import TrustRules
from eoscperf.results.events import ResultCreated


def note_use(event: ResultCreated, request: Any) -> None:
    """In the transaction of the upload: a rule that was ended meanwhile stops it."""
    terms = getattr(request, "upload_terms", None)
    if terms is not None and isinstance(terms.source, CISource):
        request.find_service(TrustRules).note_use(terms.source.rule_ids, terms.source.run)
