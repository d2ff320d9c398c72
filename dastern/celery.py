"""The Celery application: workers by queue (default, schedule, notify, ocr), Beat from the database."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dastern.settings.production")
app = Celery("dastern")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
