"""What holds for benchmarks, sites and flavors alike."""

from __future__ import annotations

import uuid

import pytest

KINDS = ("benchmark", "site", "flavor")


class Kind:
    """One kind of item over HTTP."""

    def __init__(self, kind, api, make):
        self.kind, self.api, self._make = kind, api, make
        self._parent = make.site() if kind == "flavor" else None

    def make(self, **fields):
        if self._parent is not None:
            fields.setdefault("site", self._parent)
        return getattr(self._make, self.kind)(**fields)

    @property
    def collection(self):
        return f"/sites/{self._parent.id}/flavors" if self._parent is not None else f"/{self.kind}s"

    def path(self, item, verb=""):
        return f"/{self.kind}s/{item.id}{verb}"

    def body(self, name="new"):
        return {
            "site": {"name": name, "address": "new.example.org"},
            "flavor": {"name": name},
            "benchmark": {"docker_image": name, "docker_tag": "1", "json_schema": {"type": "object"}},
        }[self.kind]

    def ids(self, as_=None, search=False, **query):
        path = self.collection + (":search" if search else "")
        return [item["id"] for item in self.api.items(path, query, as_=as_)]


@pytest.fixture(params=KINDS)
def kind(request, api, make):
    return Kind(request.param, api, make)


HIDDEN = ("on_review", "rejected", "deleted")


class TestVisibility:
    @pytest.mark.parametrize("status", HIDDEN)
    def test_what_is_not_approved_is_for_its_uploader_and_administrators(self, status, kind, api, make):
        item = kind.make(status=status, uploader=api.person("ann"))
        unknown = uuid.uuid4()
        missing = api.get(f"/{kind.kind}s/{unknown}", status=404).json
        missing.pop("instance")
        for who in (None, "stranger", "other"):
            answer = api.get(kind.path(item), as_=who, status=404).json
            answer.pop("instance")
            assert answer["detail"] == f"No {kind.kind} {item.id}."
            assert {**answer, "detail": f"No {kind.kind} {unknown}."} == missing
            assert kind.ids(who, status=status) == []
            assert kind.ids(who, status=status, search=True) == []
        for who in ("ann", "admin"):
            assert api.get(kind.path(item), as_=who).json["status"] == status
            assert kind.ids(who, status=status) == [str(item.id)]
            assert kind.ids(who) == []

    def test_a_user_sees_only_his_own_in_other_states(self, kind, api):
        own, other = (kind.make(status="on_review", uploader=api.person(who)) for who in ("ann", "bob"))
        assert kind.ids("ann", status="on_review") == [str(own.id)]
        assert set(kind.ids("admin", status="on_review")) == {str(own.id), str(other.id)}

    def test_approved_items_are_public(self, kind, api):
        item = kind.make()
        for who in (None, "stranger", "other", "admin"):
            assert api.get(kind.path(item), as_=who).json["id"] == str(item.id)
            assert kind.ids(who) == [str(item.id)]

    def test_uploader_and_message_are_for_uploader_and_administrators(self, kind, api, session):
        item = kind.make(uploader=api.person("ann"), status_message="well done")
        for who in (None, "stranger", "other"):
            shown = api.get(kind.path(item), as_=who).json
            assert not {"uploader", "status_message"} & set(shown)
            assert not {"uploader", "status_message"} & set(api.items(kind.collection, as_=who)[0])
        for who in ("ann", "admin"):
            for shown in (api.get(kind.path(item), as_=who).json, api.items(kind.collection, as_=who)[0]):
                assert shown["status_message"] == "well done"
                assert shown["uploader"]["email"] == "ann@example.org"

    def test_a_removed_account_is_masked(self, kind, api, session):
        item = kind.make()
        item.uploader_id = None
        session.commit()
        assert api.get(kind.path(item), as_="admin").json["uploader"]["sub"] == "removed"
        assert "uploader" not in api.get(kind.path(item)).json


class TestLists:
    def test_a_page_costs_few_statements(self, kind, api, statements):
        for name in ("ann", "bob", "cid"):
            for _ in range(3):
                kind.make(uploader=api.person(name), description="e")
        token = api.token("admin")
        for query in ({}, {"per_page": 2}, {"terms": ["e"], "per_page": 2, "cursor": ""}):
            statements.clear()
            path = kind.collection + (":search" if "terms" in query else "")
            assert api.get(path, query, token=token).json["items"]
            assert len(statements) <= 6

    def test_the_default_order_is_by_name(self, kind, api):
        field = "docker_image" if kind.kind == "benchmark" else "name"
        for name in ("b", "B", "a", "\U0001f600", "\uffee"):
            kind.make(**{field: name})
        shown = [item[field] for item in api.items(kind.collection)]
        assert shown == ["B", "a", "b", "\uffee", "\U0001f600"]

    def test_missing_descriptions_are_last_in_both_directions(self, kind, api):
        for text in ("b", None, "a"):
            kind.make(description=text)
        for sign, expected in (("+", ["a", "b", None]), ("-", ["b", "a", None])):
            items = api.items(kind.collection, {"sort_by": sign + "description"})
            assert [item.get("description") for item in items] == expected

    def test_pages_and_cursors_walk_through_all(self, kind, api):
        for _ in range(5):
            kind.make(description="same")
        everything = kind.ids(sort_by="-description")
        paged = [kind.ids(sort_by="-description", per_page=2, page=page) for page in (1, 2, 3, 4)]
        assert [len(page) for page in paged] == [2, 2, 1, 0]
        assert [item for page in paged for item in page] == everything
        walked, cursor = [], ""
        while cursor is not None:
            page = api.get(kind.collection, {"sort_by": "-description", "per_page": 2, "cursor": cursor}).json
            walked += [item["id"] for item in page["items"]]
            cursor = page["next_cursor"]
        assert walked == everything

    def test_everything_wrong_with_a_query_is_told_at_once(self, kind, api):
        query = {"per_page": "0", "sort_by": "-colour", "status": "gone", "upload_after": "soon", "x": "1"}
        problem = api.get(kind.collection, query, status=422).json
        assert {issue["name"] for issue in problem["errors"]} == set(query)
        (order,) = (issue for issue in problem["errors"] if issue["name"] == "sort_by")
        assert "upload_datetime" in order["detail"]

    @pytest.mark.parametrize("query", [{"page": 1, "cursor": ""}, {"page": 2**62, "per_page": 100}])
    def test_a_place_that_cannot_be_is_refused_before_anything_is_looked_up(self, query, kind, api):
        for path in (kind.collection, f"/sites/{uuid.uuid4()}/flavors"):
            problem = api.get(path, query, status=422).json
            assert [(issue["in"], issue["name"]) for issue in problem["errors"]] == [("query", "page")]

    def test_search_terms_and_exact_texts_are_not_mixed(self, kind, api):
        field = "docker_image" if kind.kind == "benchmark" else "name"
        api.get(kind.collection, {"terms": "a"}, status=422)
        api.get(kind.collection + ":search", {field: "a"}, status=422)

    def test_upload_dates_restrict_strictly(self, kind, api):
        import datetime

        day = datetime.datetime(2024, 5, 1, tzinfo=datetime.UTC)
        items = [
            kind.make(upload_datetime=day + datetime.timedelta(seconds=number), description=str(number))
            for number in range(3)
        ]
        ids = [str(item.id) for item in items]
        assert set(kind.ids(upload_after="2024-05-01")) == set(ids[1:])
        assert kind.ids(upload_after="2024-05-01T00:00:00Z", upload_before="2024-05-01T00:00:02Z") == ids[1:2]

    def test_search_is_literal_and_ignores_case(self, kind, api):
        wanted = kind.make(description="Straße 100% _GPU_")
        kind.make(description="something else 1000")
        for terms in (["straße"], ["100%"], ["_gpu_", "STRA"], ["STRAßE"], [" 100"]):
            assert str(wanted.id) in kind.ids(search=True, terms=terms), terms
        assert kind.ids(search=True, terms=["100%", "else"]) == []
        assert len(kind.ids(search=True, terms=[""])) == 2


class TestDecisions:
    @pytest.mark.parametrize("verb", [":approve", ":reject", ":restore"])
    def test_they_are_for_administrators(self, verb, kind, api):
        item = kind.make(status="on_review", uploader=api.person("ann"))
        api.post(kind.path(item, verb), status=401)
        api.post(kind.path(item, verb), as_="stranger", status=403)
        problem = api.post(kind.path(item, verb), as_="ann", status=403).json
        assert problem["type"].endswith(":admin-required")
        assert api.get(kind.path(item), as_="ann").json["status"] == "on_review"

    def test_the_way_through_all_states(self, kind, api, events):
        created = api.post(kind.collection, kind.body(), as_="ann", status=201)
        path = f"/{kind.kind}s/{created.json['id']}"
        assert created.headers["Location"] == f"https://perf.example.org/api/v1{path}"
        assert created.json == api.get(path, as_="ann").json
        assert created.json["status"] == "on_review"
        for verb, status in (
            (":approve", "approved"),
            ("", "deleted"),
            (":restore", "approved"),
            ("", "deleted"),
        ):
            if verb:
                api.post(path + verb, {"message": f"because {verb}"}, as_="admin", status=204)
            else:
                api.delete(path, {"message": "because "}, as_="admin", status=204)
            shown = api.get(path, as_="ann").json
            assert (shown["status"], shown["status_message"]) == (status, f"because {verb}")
        topics = [event.topic for event in events if getattr(event, "kind", None) == kind.kind]
        verbs = ["submitted", "approved", "deleted", "restored", "deleted"]
        assert topics == [f"{kind.kind}.{verb}" for verb in verbs]

    def test_a_rejected_item_is_restored_to_review(self, kind, api):
        item = kind.make(status="on_review")
        api.post(kind.path(item, ":reject"), as_="admin", status=204)
        api.post(kind.path(item, ":restore"), {"message": None}, as_="admin", status=204)
        assert api.get(kind.path(item), as_="admin").json["status"] == "on_review"

    @pytest.mark.parametrize("status", ["approved", "rejected", "deleted"])
    def test_only_what_is_on_review_is_decided_about(self, status, kind, api):
        item = kind.make(status=status)
        for verb in (":approve", ":reject"):
            problem = api.post(kind.path(item, verb), as_="admin", status=422).json
            assert problem["type"] == "urn:eoscperf:problem:wrong-state"

    @pytest.mark.parametrize("status", ["approved", "on_review"])
    def test_what_is_live_is_not_restored(self, status, kind, api):
        item = kind.make(status=status)
        api.post(kind.path(item, ":restore"), as_="admin", status=409)

    @pytest.mark.parametrize("status", ["rejected", "deleted"])
    def test_deleting_what_is_gone_changes_nothing(self, status, kind, api, events):
        item = kind.make(status=status)
        before = api.get(kind.path(item), as_="admin").json
        api.delete(kind.path(item), {"message": "again"}, as_="admin", status=204)
        assert api.get(kind.path(item), as_="admin").json == before
        assert events == []

    def test_a_taken_name_stops_a_restore(self, kind, api, session):
        gone = kind.make(status="deleted")
        names = {field: getattr(gone, field) for field in gone.name_fields if field != "site_id"}
        holder = kind.make(**names)
        problem = api.post(kind.path(gone, ":restore"), as_="admin", status=409).json
        assert problem["type"] == "urn:eoscperf:problem:duplicate"
        assert problem["existing"] == str(holder.id)
        assert api.get(kind.path(gone), as_="admin").json["status"] == "deleted"

    def test_unknown_ids_and_long_messages_are_refused(self, kind, api, set_setting):
        for verb in (":approve", ":reject", ":restore"):
            api.post(f"/{kind.kind}s/{uuid.uuid4()}{verb}", as_="admin", status=404)
            api.post(f"/{kind.kind}s/{uuid.uuid4()}{verb}", {"message": "x" * 5001}, as_="admin", status=422)
            api.post(f"/{kind.kind}s/{uuid.uuid4()}{verb}", {"text": "x"}, as_="admin", status=422)
            api.post(f"/{kind.kind}s/not-a-uuid{verb}", as_="admin", status=404)
        api.delete(f"/{kind.kind}s/{uuid.uuid4()}", as_="admin", status=404)
        api.delete(f"/{kind.kind}s/{uuid.uuid4()}", {"message": "x" * 5001}, as_="admin", status=422)


class TestChanges:
    def test_a_fetched_object_can_be_sent_back(self, kind, api, events):
        item = kind.make(uploader=api.person("ann"), description="words", status_message="fine")
        shown = api.get(kind.path(item), as_="admin").json
        api.put(kind.path(item), shown, as_="admin", status=204)
        assert events == []
        api.put(kind.path(item), {**shown, "description": "other words"}, as_="admin", status=204)
        assert api.get(kind.path(item)).json["description"] == "other words"
        assert [(event.topic, event.changed) for event in events] == [
            (f"{kind.kind}.updated", ("description",))
        ]

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("id", "3fa85f64-5717-4562-b3fc-2c963f66afa6"),
            ("status", "deleted"),
            ("upload_datetime", None),
            ("uploader", {}),
            ("status_message", "x"),
        ],
    )
    def test_fields_that_cannot_change_must_be_as_they_are(self, field, value, kind, api):
        item = kind.make()
        problem = api.put(kind.path(item), {**kind.body(), field: value}, as_="admin", status=422).json
        assert [(issue["name"], issue["pointer"]) for issue in problem["errors"]] == [(field, f"/{field}")]

    def test_optional_fields_stay_when_left_out_and_go_when_null(self, kind, api):
        item = kind.make(description="words")
        api.put(kind.path(item), kind.body(), as_="admin", status=204)
        assert api.get(kind.path(item)).json["description"] == "words"
        api.put(kind.path(item), {**kind.body(), "description": None}, as_="admin", status=204)
        assert "description" not in api.get(kind.path(item)).json

    def test_required_fields_must_be_sent_and_not_be_null(self, kind, api):
        item = kind.make()
        for body in ({}, dict.fromkeys(kind.body())):
            problem = api.put(kind.path(item), body, as_="admin", status=422).json
            assert {issue["name"] for issue in problem["errors"]} == set(kind.body())

    def test_null_means_not_given_when_something_is_created(self, kind, api):
        created = api.post(kind.collection, {**kind.body(), "description": None}, as_="ann", status=201).json
        assert "description" not in created

    def test_an_empty_description_is_none(self, kind, api):
        created = api.post(kind.collection, {**kind.body(), "description": ""}, as_="ann", status=201).json
        assert "description" not in created

    @pytest.mark.parametrize("status", ["rejected", "deleted"])
    def test_what_is_gone_cannot_be_changed(self, status, kind, api):
        item = kind.make(status=status)
        problem = api.put(kind.path(item), kind.body(), as_="admin", status=409).json
        assert problem["type"] == "urn:eoscperf:problem:wrong-state"

    def test_a_name_in_use_is_refused(self, kind, api):
        api.post(kind.collection, kind.body("taken"), as_="ann", status=201)
        holder = api.post(kind.collection, kind.body("taken"), as_="bob", status=409).json["existing"]
        item = kind.make()
        problem = api.put(kind.path(item), kind.body("taken"), as_="admin", status=409).json
        assert (problem["existing"], "taken" in problem["detail"]) == (holder, True)

    def test_changes_are_found_by_the_search(self, kind, api):
        item = kind.make()
        api.put(kind.path(item), {**kind.body(), "description": "Quicksilver"}, as_="admin", status=204)
        assert kind.ids(search=True, terms=["quicksilver"]) == [str(item.id)]

    def test_they_are_for_administrators(self, kind, api):
        item = kind.make(uploader=api.person("ann"))
        for who, status in ((None, 401), ("stranger", 403), ("ann", 403)):
            api.put(kind.path(item), kind.body(), as_=who, status=status)
            api.delete(kind.path(item), as_=who, status=status)

    def test_creating_needs_an_account(self, kind, api):
        api.post(kind.collection, kind.body(), status=401)
        problem = api.post(kind.collection, kind.body(), as_="stranger", status=403).json
        assert problem["type"].endswith(":not-registered")

    def test_every_wrong_field_is_named(self, kind, api):
        body = {**dict.fromkeys(kind.body(), "\x07"), "description": "bell \x07", "colour": "red"}
        problem = api.post(kind.collection, body, as_="ann", status=422).json
        assert {issue["pointer"] for issue in problem["errors"]} == {f"/{field}" for field in body}
