"""The edge: envelope, headers, tokens, the health pages."""

import pytest

from tests.support.people import Api

pytestmark = pytest.mark.django_db


def test_unknown_path_has_the_envelope_in_both_languages(api: type[Api]) -> None:
    answer = api().get("nothing/here")
    assert answer.status_code == 404
    body = answer.json()
    assert body.keys() == {"success", "statusCode", "code", "message", "errors", "requestId"}
    assert (body["success"], body["statusCode"], body["code"], body["errors"]) == (
        False,
        404,
        "NOT_FOUND",
        [],
    )
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
