"""The conditions of a search in words, each with the address without it."""

from __future__ import annotations

from eoscperf.browse import facets
from eoscperf.browse.service import ResultFacts
from eoscperf.web.urls import Address

Chip = tuple[str, str, str]
"""kind, text, address"""

_IDS = (("Benchmark", "benchmark_id"), ("Site", "site_id"), ("Flavor", "flavor_id"), ("Tag", "tags_ids"))

_DATES = {
    "execution_after": "Executed after 00:00 UTC on",
    "execution_before": "Executed before 00:00 UTC on",
    "upload_after": "Uploaded after 00:00 UTC on",
    "upload_before": "Uploaded before 00:00 UTC on",
}


def of_address(address: Address, facts: ResultFacts) -> list[Chip]:
    """In the order of the form."""
    chosen = [one for _, key in _IDS for one in address.values.get(key, ())]
    names = {str(identifier): name for identifier, name in facts.names(chosen).items()}
    homes = facts.homes(address.values.get("flavor_id", ()))
    found = [("Word", word, address.without("terms", word)) for word in address.all("terms")]
    for kind, key in _IDS:
        for one in address.all(key):
            url = address.without(key, one)
            if key == "site_id":
                others = [other for other in address.all(key) if other != one]
                url = facets.with_sites(address, others, homes)
            found.append((kind, names.get(one.lower(), one), url))
    year = _year(address)
    if year is not None:
        whole = address.with_(execution_after=None, execution_before=None)
        found.append(("Executed in", str(year), whole))
    for key, kind in _DATES.items():
        if address.has(key) and not (year is not None and key.startswith("execution")):
            text = address[key]
            said = kind if len(text) == _DAY else kind.removesuffix(" 00:00 UTC on")
            found.append((said, text, address.without(key)))
    found += [("", text, address.without("filters", text)) for text in address.all("filters")]
    if address.has("uploader"):
        found.append(("Uploaded by", "me", address.without("uploader")))
    if address.has("uploader_email"):
        found.append(("Uploaded by", address["uploader_email"], address.without("uploader_email")))
    if address.has("status"):
        found.append(("State", address["status"], address.without("status")))
    return found


def _year(address: Address) -> int | None:
    """The year that the dates of execution ask for, if they ask for all of it and nothing else."""
    ends = address.all("execution_after"), address.all("execution_before")
    before = address.values.get("execution_before")
    if before is None or before.year < 3:
        return None
    year = before.year - 1
    after, following = facets.year_ends(year)
    return year if ends == ([after], [following]) else None


_DAY = len("2022-11-20")
