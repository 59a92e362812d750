"""Why nothing was taken over: sentences for whoever runs the command."""

from __future__ import annotations


class EarlierProblem(Exception):
    """The databases are not as they have to be; nothing was written."""


class SourceUnusable(EarlierProblem):
    """The earlier database cannot be reached, or is not one of the earlier service."""


class TargetUnusable(EarlierProblem):
    """The database of this installation does not take the rows."""


class NamesTaken(EarlierProblem):
    """Names of the earlier service belong to something else here."""

    SHOWN = 20

    def __init__(self, taken: list[str]) -> None:
        listed = "\n".join(f"  {one}" for one in taken[: self.SHOWN])
        more = f"\n  and {len(taken) - self.SHOWN} more" if len(taken) > self.SHOWN else ""
        super().__init__(
            "Nothing was written: names of the earlier service are in use here under other ids.\n"
            f"{listed}{more}\n"
            "Rename or delete these here, or rename them in the earlier service, then run the command again."
        )
        self.taken = taken
