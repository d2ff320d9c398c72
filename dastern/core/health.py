"""Liveness, readiness and metrics: outside the envelope, for machines."""

import logging
import shutil

import redis as redis_py
from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST

from dastern.core import redis
from dastern.core.metrics import exposition

logger = logging.getLogger(__name__)

_DISK_LOW = 500 * 1024 * 1024
_migrated = False


def live(request: HttpRequest) -> JsonResponse:
    """200 while the process can answer at all."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:
    """503 without the database or before its migrations; Redis or a full disk are told but take nothing out."""
    parts = {"database": _database(), "migrations": "unknown", "redis": _redis(), "disk": _disk()}
    if parts["database"] == "up":
        parts["migrations"] = _migrations()
    if parts["database"] != "up" or parts["migrations"] != "done":
        return JsonResponse({"status": "unavailable", **parts}, status=503)
    well = parts["redis"] == "up" and parts["disk"] == "enough"
    return JsonResponse({"status": "ready" if well else "degraded", **parts})


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return "down"
    return "up"


def _migrations() -> str:
    """Whether the schema is the one of this code. Asked until it is, then remembered: it does not go back."""
    global _migrated
    if not _migrated:
        try:
            executor = MigrationExecutor(connection)
            _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
        except DatabaseError as error:
            logger.warning("the state of the migrations cannot be read: %s", error)
    return "done" if _migrated else "pending"


def _redis() -> str:
    try:
        redis.client().ping()
    except redis_py.RedisError:
        return "down"
    return "up"


def _disk() -> str:
    """Room for uploads and for the audit seals."""
    for folder in (settings.MEDIA_ROOT, settings.AUDIT_SEAL_FILE.parent):
        place = next(part for part in (folder, *folder.parents) if part.exists())
        if shutil.disk_usage(place).free < _DISK_LOW:
            return "low"
    return "enough"


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus; the proxy keeps it from the outside."""
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)
