"""Beat: every named job exists, and setting up twice changes nothing."""

from datetime import timedelta

import pytest
from celery import current_app
from django.core.management import call_command
from django_celery_beat.models import PeriodicTask

from dastern.schedules import JOBS, Daily


def test_every_scheduled_task_is_registered_once() -> None:
    current_app.autodiscover_tasks(force=True)
    assert {job.task for job in JOBS} <= set(current_app.tasks)
    assert len({job.name for job in JOBS}) == len({job.task for job in JOBS}) == len(JOBS)


@pytest.mark.django_db
def test_setting_up_is_repeatable_and_leaves_alone_what_staff_switched_off() -> None:
    call_command("setup_schedules")
    drain = PeriodicTask.objects.get(task="dastern.outbox.tasks.outbox_drain")
    assert (drain.schedule.run_every, drain.expire_seconds, drain.enabled) == (timedelta(seconds=5), 30, True)
    PeriodicTask.objects.filter(pk=drain.pk).update(enabled=False)
    PeriodicTask.objects.create(
        name="An old job", task="gone", description="dastern/schedules.py", interval=drain.interval
    )
    theirs = PeriodicTask.objects.create(name="A job of staff", task="own", interval=drain.interval)
    call_command("setup_schedules")
    drain.refresh_from_db()
    assert not drain.enabled
    names = set(PeriodicTask.objects.values_list("name", flat=True))
    assert names - {"celery.backend_cleanup"} == {job.name for job in JOBS} | {theirs.name}


@pytest.mark.django_db
def test_daily_jobs_run_by_the_clock_of_phnom_penh() -> None:
    call_command("setup_schedules")
    for job in JOBS:
        if isinstance(job.when, Daily):
            crontab = PeriodicTask.objects.get(name=job.name).crontab
            assert (crontab.hour, crontab.minute, str(crontab.timezone)) == (
                str(job.when.hour), str(job.when.minute), "Asia/Phnom_Penh",
            )  # fmt: skip
