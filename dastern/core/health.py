"""Liveness, readiness and metrics: outside the envelope, for machines."""

import redis as redis_py
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from dastern.core import redis


def live(request: HttpRequest) -> JsonResponse:
    """200 while the process can answer at all."""
    return JsonResponse({"status": "live"})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when the database answers, else 503. Redis being down is told but does not take the service out."""
    parts = {"database": "up", "redis": "up"}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        parts["database"] = "down"
    try:
        redis.client().ping()
    except redis_py.RedisError:
        parts["redis"] = "down"
    healthy = parts["database"] == "up"
    return JsonResponse({"status": "ready" if healthy else "unavailable", **parts}, status=200 if healthy else 503)


def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus metrics of this process."""
    return HttpResponse(generate_latest(), content_type=CONTENT_TYPE_LATEST)
