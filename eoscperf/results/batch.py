"""Many uploads in one request: all or nothing, or each by itself."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from eoscperf import errors
from eoscperf.errors import DomainError, Issue
from eoscperf.results.references import References
from eoscperf.results.submit import Uploads
from eoscperf.results.uploads import Upload

SLOW_CHECKS = 30
"""A batch may take as long to check as so many results that need all the time one may have."""


@dataclass(slots=True)
class Outcome:
    """What became of one item of a batch: stored under an id, found good, or refused."""

    index: int
    upload: Upload | None = None
    error: DomainError | None = None
    id: uuid.UUID | None = None


class Batch:
    """Checks the items of one request together: what they refer to is read once.

    Each outcome comes with an upload, or with the error that kept its item from being one.
    """

    def __init__(self, uploads: Uploads, outcomes: Sequence[Outcome], *, seconds: float) -> None:
        """`seconds` is what the check of one JSON may take."""
        self._uploads = uploads
        self._outcomes = outcomes
        self._seconds = seconds * SLOW_CHECKS
        self._doubles: list[tuple[Outcome, Outcome]] = []

    def atomic(self, *, dry_run: bool) -> None:
        """Store all, or raise the errors of the first check that any item fails, with all of them.

        The order: what can be seen without looking anything up (400, 422), references (404), their
        approval and the content (422), doubles (409).
        """
        self._run(dry_run=dry_run, after=self._raise_all)

    def each(self, *, dry_run: bool) -> None:
        """Store what is good; the error of the others says why they are not."""
        self._run(dry_run=dry_run, after=lambda: None)
        for double, first in self._doubles:
            existing = first.id or (first.error and first.error.members.get("existing"))
            if existing and double.error:
                double.error.members["existing"] = existing

    def _run(self, *, dry_run: bool, after: Callable[[], None]) -> None:
        """Every check in its order, then storing; `after` is called after what makes one class of errors."""
        until = time.monotonic() + self._seconds
        self._check(self._uploads.check_time)
        after()
        uploads = [upload for _, upload in self._good()]
        if not dry_run:
            self._uploads.look_ahead(uploads, until=until)
        with self._uploads.known(uploads, lock=not dry_run) as known:
            self._check(known.check_exist)
            after()
            self._check(lambda upload: self._uploads.check_allowed(upload, known))
            after()
            self._check(known.check_approved)
            self._check_content(known, until)
            after()
            self._check_new(dry_run=dry_run)
            after()
            if not dry_run:
                self._keep(known)
                after()

    def _good(self) -> list[tuple[Outcome, Upload]]:
        return [(one, one.upload) for one in self._outcomes if one.error is None and one.upload is not None]

    def _check(self, check: Callable[[Upload], object]) -> None:
        for outcome, upload in self._good():
            try:
                check(upload)
            except DomainError as problem:
                outcome.error = problem

    def _check_content(self, known: References, until: float) -> None:
        def check(upload: Upload) -> None:
            if time.monotonic() > until:
                raise errors.ValidationTimedOut(
                    f"The batch could not be checked within {self._seconds:g} s. Send fewer results at once."
                )
            self._uploads.check_content(upload, known)

        self._check(check)

    def _check_new(self, *, dry_run: bool) -> None:
        """Find doubles, among the items and, unless storing them will show it, among what is there."""
        good = self._good()
        if not dry_run and len({self._uploads.key(upload) for _, upload in good}) == len(good):
            return
        for at, problem in self._uploads.doubles([upload for _, upload in good]).items():
            good[at][0].error = problem
        first: dict[bytes, Outcome] = {}
        for outcome, upload in self._good():
            earlier = first.setdefault(self._uploads.key(upload), outcome)
            if earlier is not outcome:
                outcome.error = errors.Duplicate(f"This is the same result as item {earlier.index}.")
                self._doubles.append((outcome, earlier))

    def _keep(self, known: References) -> None:
        good = self._good()
        stored = self._uploads.store([upload for _, upload in good], known)
        for (outcome, _), result in zip(good, stored, strict=True):
            if isinstance(result, DomainError):
                outcome.error = result
            else:
                outcome.id = result.id

    def _raise_all(self) -> None:
        failed = [(outcome.index, outcome.error) for outcome in self._outcomes if outcome.error is not None]
        if failed:
            raise together(failed)


def together(failed: Sequence[tuple[int, DomainError]]) -> DomainError:
    """One error that says what is wrong with all of these items."""
    kinds = {type(error) for _, error in failed}
    issues = [issue for index, error in failed for issue in _issues(index, error)]
    if errors.MalformedRequest in kinds:
        return next(error for _, error in failed if isinstance(error, errors.MalformedRequest))
    if kinds == {errors.UnknownReference}:
        return errors.UnknownReference(issues)
    if kinds == {errors.NotApproved}:
        return errors.NotApproved(issues)
    if errors.Invalid in kinds or len(kinds) > 1:
        return errors.Invalid(issues)
    _, first = failed[0]
    members: dict[str, Any] = {**first.members, "errors": [issue.as_dict() for issue in issues]}
    if len(members["errors"]) > errors.Invalid.most:
        members |= {"errors": members["errors"][: errors.Invalid.most], "errors_truncated": True}
    more = f" The same goes for {len(failed) - 1} more of the items." if len(failed) > 1 else ""
    return type(first)(first.detail + more, **members)


def _issues(index: int, error: DomainError) -> Sequence[Issue]:
    return getattr(error, "issues", None) or [Issue(error.detail, "body", str(index), f"/{index}")]
