"""The Celery application of the node: one queue, `payments`, and a Beat of its own."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "payment_node.settings.production")
app = Celery("payment_node")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
