"""Files of these tests go to a folder of their own; Sokha may scan."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from apps.subscriptions.models import Subscription
from apps.subscriptions.services import subscription_ensure
from apps.users.models import User
from dastern.core import clock
from tests.support.people import Api


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> Path:
    """Where uploads are stored."""
    settings.MEDIA_ROOT = tmp_path / "media"
    return tmp_path / "media"


def premium(user: User) -> User:
    """``user`` on the paid plan."""
    plan = subscription_ensure(user_id=user.id, now=clock.now())
    Subscription.objects.filter(pk=plan.pk).update(tier="PREMIUM")
    return user


@pytest.fixture
def payer(sokha: User) -> User:
    """Sokha with the plan that holds scanning."""
    return premium(sokha)


@pytest.fixture
def send() -> Callable[..., Any]:
    """``send(sokha, content, name)``: one upload to ocr/scan."""

    def sent(
        user: User, content: bytes, name: str = "photo.jpg", *, kind: str = "image/jpeg", path: str = "ocr/scan",
        language: str = "en", **fields: str,
    ) -> Any:  # fmt: skip
        api = Api(user, language)
        body = {"image": SimpleUploadedFile(name, content, kind), **fields}
        return api.client.post(f"/api/v1/{path}", body, headers=api.headers)

    return sent
