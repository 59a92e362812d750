"""Who sees what of a user."""

from __future__ import annotations

import datetime
import uuid

import pytest

from eoscperf.security.identity import ANONYMOUS, Viewer
from eoscperf.users.models import User
from eoscperf.users.schemas import HIDDEN_USER, REMOVED_USER, SCHEMAS, present_user, uploader_of

ME = uuid.uuid4()


@pytest.fixture
def user():
    return User(
        id=ME,
        iss="https://aai.example.org",
        sub="ann",
        email="ann@example.org",
        role="admin",
        registration_datetime=datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC),
    )


@pytest.mark.parametrize(
    ("viewer", "sees"),
    [
        (ANONYMOUS, False),
        (Viewer(uuid.uuid4()), False),
        (Viewer(ME), True),
        (Viewer(uuid.uuid4(), admin=True), True),
    ],
)
def test_the_role_is_for_administrators_and_the_user(user, viewer, sees):
    assert ("role" in present_user(user, viewer)) is sees


def test_an_uploader_is_a_user_or_a_mask(user):
    assert uploader_of(user)["sub"] == "ann"
    assert uploader_of(None) == {
        "sub": "removed",
        "iss": "urn:eoscperf:hidden",
        "email": "",
        "registration_datetime": "1970-01-01T00:00:00Z",
    }


def test_masks_cannot_be_changed_by_accident():
    uploader_of(None)["sub"] = "somebody"
    assert REMOVED_USER["sub"] == "removed"


def test_all_shapes_have_what_the_published_schema_requires(user):
    required = set(SCHEMAS["User"]["required"])
    for shown in (HIDDEN_USER, REMOVED_USER, present_user(user, ANONYMOUS), SCHEMAS["User"]["example"]):
        assert required <= set(shown) <= set(SCHEMAS["User"]["properties"])
