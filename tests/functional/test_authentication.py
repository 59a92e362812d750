from __future__ import annotations


def test_a_made_user_is_recognised(api):
    user = api.make.user("ann")
    r = api.get("/nothing", as_=user, status=404)
    assert r.json["status"] == 404
