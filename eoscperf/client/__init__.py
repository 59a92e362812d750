"""A client for platforms that run eoscperf: as a library, and as the command `eoscperf`.

    from eoscperf.client import Client

    with Client("https://perf.example.org") as client:
        frame = client.results.to_dataframe(terms="c-ray")

It imports nothing of the platform itself and can be installed without it, as `eoscperf-client`.
"""

from eoscperf.client.catalogue import Versioned
from eoscperf.client.client import Client
from eoscperf.client.comparing import Cell, Metric
from eoscperf.client.errors import (
    Changed,
    ClientError,
    Conflict,
    Duplicate,
    Forbidden,
    Gone,
    Invalid,
    MissingLibrary,
    NoServer,
    NotFound,
    NotLoggedIn,
    Problem,
    RateLimited,
    ServerUnreachable,
    TooLarge,
    Unauthenticated,
    Unavailable,
    UnexpectedAnswer,
    UnknownName,
    Usage,
)
from eoscperf.client.paging import Page
from eoscperf.client.retries import Retries
from eoscperf.client.sessions import Session, Sessions
from eoscperf.client.uploads import NewResult, Outcome
from eoscperf.client.version import __version__

__all__ = [
    "Cell",
    "Changed",
    "Client",
    "ClientError",
    "Conflict",
    "Duplicate",
    "Forbidden",
    "Gone",
    "Invalid",
    "Metric",
    "MissingLibrary",
    "NewResult",
    "NoServer",
    "NotFound",
    "NotLoggedIn",
    "Outcome",
    "Page",
    "Problem",
    "RateLimited",
    "Retries",
    "ServerUnreachable",
    "Session",
    "Sessions",
    "TooLarge",
    "Unauthenticated",
    "Unavailable",
    "UnexpectedAnswer",
    "UnknownName",
    "Usage",
    "Versioned",
    "__version__",
]
