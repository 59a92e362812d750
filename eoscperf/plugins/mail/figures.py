"""The outbox as figures for Prometheus: how many mails are in which state. Nothing about people."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily

from eoscperf.plugins.mail.models import STATES, OutboxMail

log = logging.getLogger(__name__)


class OutboxFigures:
    """A collector: counts when it is asked. Without a database there are no figures."""

    def __init__(self, registry: Any) -> None:
        self._registry = registry

    def collect(self) -> Iterator[GaugeMetricFamily]:
        query = sa.select(OutboxMail.status, sa.func.count().label("number")).group_by(OutboxMail.status)
        try:
            with self._registry["dbsession_factory"]() as session:
                counted = {row.status: row.number for row in session.execute(query)}
        except sa.exc.SQLAlchemyError as problem:
            log.warning("the mails cannot be counted: %s", problem)
            return
        figures = GaugeMetricFamily("eoscperf_mails", "Mails by state", labels=["status"])
        for state in STATES:
            figures.add_metric([state], counted.get(state, 0))
        yield figures
