"""What Prometheus is told: counters of this process, and figures that are read from the database when asked.

Several web processes share their counters through PROMETHEUS_MULTIPROC_DIR; without it each tells its own.
"""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db import DatabaseError
from prometheus_client import REGISTRY, CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

logger = logging.getLogger(__name__)

_BUCKETS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0)
_requests = Counter("dastern_requests", "Requests answered.", ["method", "route", "status"])
_seconds = Histogram("dastern_request_seconds", "How long answers took.", ["method", "route"], buckets=_BUCKETS)
_METHODS: Final = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})

# Rows of a figure: the values of its labels, then the number.
Rows = Iterable[tuple[Sequence[str], float]]


@dataclass(frozen=True, slots=True)
class _Gauge:
    name: str
    help: str
    labels: tuple[str, ...]
    read: Callable[[], Rows]


_gauges: dict[str, _Gauge] = {}


def request_observe(method: str, route: str | None, status: int, seconds: float) -> None:
    """Count one answer. ``route`` is the pattern that matched, never the path: paths are without number."""
    verb, place = method if method in _METHODS else "OTHER", route or "none"
    _requests.labels(verb, place, str(status)).inc()
    _seconds.labels(verb, place).observe(seconds)


def register_gauge(name: str, help: str, read: Callable[[], Rows], *, labels: Sequence[str] = ()) -> None:  # noqa: A002
    """Have ``read()`` asked at every scrape; it must be cheap. From the ``apps.py`` of the app that knows it."""
    _gauges[name] = _Gauge(name, help, tuple(labels), read)


class _Figures(Collector):
    """The registered figures; one that cannot be read is left out, and the others are told."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for gauge in _gauges.values():
            family = GaugeMetricFamily(gauge.name, gauge.help, labels=gauge.labels)
            try:
                for labels, value in gauge.read():
                    family.add_metric(labels, value)
            except DatabaseError as error:
                logger.warning("the figure %s cannot be read: %s", gauge.name, error)
                continue
            yield family


def exposition() -> bytes:
    """Everything, as Prometheus reads it."""
    shared = "PROMETHEUS_MULTIPROC_DIR" in os.environ
    registry = CollectorRegistry()
    registry.register(_Figures())
    if shared:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)
    return generate_latest(REGISTRY) + generate_latest(registry)
