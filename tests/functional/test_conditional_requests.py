"""Validators: If-None-Match when reading, If-Match when changing."""

from __future__ import annotations

import pytest


@pytest.fixture(params=["site", "benchmark", "flavor"])
def path(request, make):
    return f"/{request.param}s/{getattr(make, request.param)(description='words').id}"


def changed(shown, **fields):
    return {**shown, **fields}


def test_objects_have_strong_tags_and_lists_weak_ones(api, path):
    assert api.get(path).headers["ETag"].startswith('"')
    assert (
        api.get("/" + path.split("/")[1] if "flavors" not in path else "/sites")
        .headers["ETag"]
        .startswith('W/"')
    )


def test_what_has_not_changed_is_not_sent_again(api, path):
    tag = api.get(path).headers["ETag"]
    for header in (tag, f'"other", {tag}', f"W/{tag}", "*", tag[:-1] + '-gzip"'):
        answer = api.get(path, headers={"If-None-Match": header}, status=304)
        assert (answer.body, answer.headers["ETag"]) == (b"", tag)
    api.get(path, headers={"If-None-Match": '"other"'}, status=200)
    shown = api.get(path, as_="admin").json
    api.put(path, changed(shown, description="new"), as_="admin", status=204)
    assert api.get(path, headers={"If-None-Match": tag}, status=200).headers["ETag"] != tag


def test_everybody_has_the_tag_of_what_he_sees(api, path):
    assert api.get(path).headers["ETag"] != api.get(path, as_="admin").headers["ETag"]
    assert api.get(path).headers["ETag"] == api.get(path, as_="other").headers["ETag"]


def test_head_has_the_tag_of_get(api, path):
    assert api.head(path).headers["ETag"] == api.get(path).headers["ETag"]


def test_a_change_on_a_condition(api, path):
    answer = api.get(path, as_="admin")
    tag, shown = answer.headers["ETag"], answer.json
    problem = api.put(
        path, changed(shown, description="x"), as_="admin", headers={"If-Match": '"other"'}, status=412
    ).json
    assert problem["type"] == "urn:eoscperf:problem:precondition-failed"
    assert api.get(path, as_="admin").json == shown
    api.put(path, changed(shown, description="x"), as_="admin", headers={"If-Match": tag}, status=204)
    api.put(path, changed(shown, description="y"), as_="admin", headers={"If-Match": tag}, status=412)
    assert api.get(path).json["description"] == "x"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"a", {}', "*", "gzip"])
def test_ways_to_write_the_condition(form, api, path):
    tag = api.get(path, as_="admin").headers["ETag"]
    header = tag[:-1] + '-gzip"' if form == "gzip" else form.format(tag)
    api.delete(path, as_="admin", headers={"If-Match": header}, status=204)


def test_a_deletion_on_a_condition(api, path):
    tag = api.get(path, as_="admin").headers["ETag"]
    shown = api.get(path, as_="admin").json
    api.put(path, changed(shown, description="x"), as_="admin", status=204)
    api.delete(path, as_="admin", headers={"If-Match": tag}, status=412)
    assert api.get(path).json["status"] == "approved"
    api.delete(
        path, as_="admin", headers={"If-Match": api.get(path, as_="admin").headers["ETag"]}, status=204
    )


def test_the_tag_of_another_reader_is_not_enough(api, path):
    tag = api.get(path).headers["ETag"]
    api.delete(path, as_="admin", headers={"If-Match": tag}, status=412)


def test_the_object_is_looked_for_before_the_condition(api):
    missing = "/sites/3fa85f64-5717-4562-b3fc-2c963f66afa6"
    api.delete(missing, as_="admin", headers={"If-Match": '"x"'}, status=404)


def test_one_of_two_with_the_same_tag_wins(live_api):
    import threading

    path = f"/sites/{live_api.make.site().id}"
    token = live_api.token("admin")
    before = live_api.get(path, token=token)
    answers = []

    def change(number):
        sent = changed(before.json, description=f"writer {number}")
        headers = {"If-Match": before.headers["ETag"]}
        answers.append(live_api.put(path, sent, token=token, headers=headers, status="*").status_int)

    threads = [threading.Thread(target=change, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [204, 412, 412, 412]
