"""Reading a stored photo, in the worker of the queue ``ocr``. A run that dies is repeated once."""

import io
import json
import logging
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import redis as redis_py
from celery.exceptions import SoftTimeLimitExceeded
from django.core.files.base import ContentFile
from django.db.models import F
from PIL import Image

from apps.notifications.stream import stream_publish
from apps.ocr.choices import ScanError, ScanState
from apps.ocr.models import MOST_ATTEMPTS, Scan
from apps.ocr.pipeline.types import EnginesUnavailable, ImageRefused, ScanResult, Stage
from apps.ocr.selectors import ENGINES_KEY
from dastern.core import clock, redis
from dastern.core.ids import uuid7

logger = logging.getLogger(__name__)
_TOLD_FOR: Final = timedelta(minutes=3)


def scan_read(*, scan_id: UUID) -> None:
    """Read a scan that waits, or that a dead run left behind. A finished one is left alone."""
    if not _begin(scan_id):
        return
    scan = Scan.objects.get(pk=scan_id)
    try:
        with scan.image.open("rb") as file:
            photo = file.read()
        _finish(scan, _read(scan, photo))
    except ImageRefused as refused:
        _fail(scan, str(refused.refusal))
    except EnginesUnavailable:
        _fail(scan, ScanError.SERVICE_UNAVAILABLE)
    except SoftTimeLimitExceeded:
        logger.warning("reading a scan took too long")
        _fail(scan, ScanError.EXTRACTION_FAILED)
    except Exception:
        logger.exception("reading a scan failed")
        _fail(scan, ScanError.EXTRACTION_FAILED)


def _begin(scan_id: UUID) -> bool:
    """Claim a run. One that was tried twice before has failed for good: whatever killed the worker would again."""
    open_ones = Scan.objects.filter(pk=scan_id, state__in=[ScanState.QUEUED, ScanState.RUNNING])
    now = clock.now()
    if open_ones.filter(attempts__lt=MOST_ATTEMPTS).update(
        state=ScanState.RUNNING, attempts=F("attempts") + 1, stage="", progress=0, beat_at=now
    ):
        return True
    open_ones.update(state=ScanState.FAILED, error=ScanError.EXTRACTION_FAILED, finished_at=now)
    return False


def _read(scan: Scan, photo: bytes) -> ScanResult:
    from apps.ocr.pipeline.orchestrator import scan as read  # loads the engines: only here

    def tell(stage: Stage, share: float) -> None:
        percent = round(share * 100)
        mine = Scan.objects.filter(pk=scan.pk, state=ScanState.RUNNING, attempts=scan.attempts)
        mine.update(stage=str(stage), progress=percent, beat_at=clock.now())
        _announce(scan, ScanState.RUNNING, stage=str(stage), progress=percent)

    return read(photo, progress=tell)


def _finish(scan: Scan, result: ScanResult) -> None:
    from apps.ocr.pipeline import formatter, schemas

    with Image.open(io.BytesIO(result.page), formats=("JPEG",)) as picture:
        size = {"width": picture.width, "height": picture.height}
    now = clock.now()
    reading: dict[str, Any] = {
        "flat": formatter.flat(result),
        "summary": formatter.summary(result),
        "universal": schemas.universal(result, extraction_id=str(scan.pk), at=now),
        "static": schemas.static(result),
        "blocks": schemas.blocks(result),
        "page": size,
    }
    storage = scan.page.storage
    name = storage.save(f"scans/{uuid7()}.jpg", ContentFile(result.page))
    mine = Scan.objects.filter(pk=scan.pk, state=ScanState.RUNNING, attempts=scan.attempts)
    if mine.update(
        state=ScanState.DONE, stage="", progress=100, reading=reading, page=name, finished_at=now
    ):  # fmt: skip
        _announce(scan, ScanState.DONE, progress=100)
    else:  # thrown away meanwhile, or another run took over
        storage.delete(name)


def _fail(scan: Scan, error: str) -> None:
    mine = Scan.objects.filter(pk=scan.pk, state=ScanState.RUNNING, attempts=scan.attempts)
    if mine.update(state=ScanState.FAILED, error=error, stage="", finished_at=clock.now()):
        _announce(scan, ScanState.FAILED, error=error)


def _announce(scan: Scan, state: str, **more: Any) -> None:
    """Tell the open streams of who asked: nothing of what the paper says."""
    if scan.requested_by_id:
        stream_publish(scan.requested_by_id, "scan", {"scanId": str(scan.pk), "state": str(state), **more})


def engines_tell() -> list[str]:
    """Load the engines of this worker and say in Redis which can read; for ``GET ocr/health``. Returns their names."""
    from apps.ocr.pipeline.engines import load_engines

    engines = load_engines()
    told = {"engines": list(engines.names), "missing": sorted(engines.missing)}
    try:
        redis.client().set(redis.key(ENGINES_KEY), json.dumps(told), ex=int(_TOLD_FOR.total_seconds()))
    except redis_py.RedisError as error:
        redis.failed(error)
    return list(engines.names)
