"""Which refs a pattern means."""

from __future__ import annotations

import pytest

from eoscperf.ciupload.matching import ref_matches


@pytest.mark.parametrize(
    ("pattern", "ref", "expected"),
    [
        ("refs/heads/main", "refs/heads/main", True),
        ("refs/heads/main", "refs/heads/main2", False),
        ("refs/heads/main", "refs/heads/Main", False),
        ("refs/heads/*", "refs/heads/feature/one", True),
        ("refs/heads/*", "refs/heads/", True),
        ("refs/heads/*", "refs/tags/v1", False),
        ("refs/tags/v*.*", "refs/tags/v1.0", True),
        ("refs/tags/v*.*", "refs/tags/v1", False),
        ("refs/*/release", "refs/heads/release", True),
        ("refs/*/release", "refs/release", False),
        ("refs/a*b*a", "refs/aba", True),
        ("refs/a*b*a", "refs/aa", False),
        ("refs/aa*aa", "refs/aaa", False),
        ("refs/heads/**", "refs/heads/x", True),
        ("refs/heads/[a-z]?", "refs/heads/ab", False),
        ("refs/heads/v.", "refs/heads/v1", False),
    ],
)
def test_a_star_stands_for_any_text_and_nothing_else_for_anything(
    pattern: str, ref: str, expected: bool
) -> None:
    assert ref_matches(pattern, ref) is expected


def test_a_pattern_of_stars_takes_no_time() -> None:
    """Where each star tried every place again, this would never end."""
    assert not ref_matches("refs/" + "*a" * 200, "refs/" + "a" * 20000 + "b")
