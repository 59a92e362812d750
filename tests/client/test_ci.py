"""Tokens of CI jobs."""

from __future__ import annotations

import httpx
import pytest

from eoscperf.client import NotLoggedIn, ServerUnreachable, Usage
from eoscperf.client.ci import GitHubToken, GitLabToken

JOB = {
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://actions.example.org/token?api-version=2",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "job-secret",
}


def github(*answers, environ=JOB):
    told, heard = list(answers), []

    def answer(request):
        heard.append(request)
        found = told.pop(0)
        if isinstance(found, Exception):
            raise found
        return found

    token = GitHubToken("https://perf.example.org", environ=environ, transport=httpx.MockTransport(answer))
    return token, heard


def test_a_github_job_gets_a_token_for_the_platform_when_it_needs_one():
    token, heard = github(
        httpx.Response(200, json={"value": "one"}), httpx.Response(200, json={"value": "two"})
    )
    assert heard == []
    assert token.bearer() == token.bearer() == "one"
    (request,) = heard
    assert dict(request.url.params) == {"api-version": "2", "audience": "https://perf.example.org"}
    assert request.headers["Authorization"] == "Bearer job-secret"
    assert token.renew()
    assert token.bearer() == "two"


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403),
        httpx.Response(200, json={}),
        httpx.Response(200, content=b"x"),
        httpx.Response(302, headers={"Location": "https://evil.example.org"}),
    ],
)
def test_a_github_job_that_gets_no_token_is_told_so(answer):
    with pytest.raises(NotLoggedIn, match="instead of a token"):
        github(answer)[0].bearer()


def test_outside_of_a_github_job_there_is_no_token():
    with pytest.raises(NotLoggedIn, match="id-token: write"):
        github(environ={})[0].bearer()
    with pytest.raises(Usage):
        github(environ=JOB | {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://actions.example.org"})[0].bearer()
    with pytest.raises(ServerUnreachable):
        github(httpx.ConnectError("no"))[0].bearer()


def test_a_gitlab_job_finds_its_token_in_a_variable():
    assert GitLabToken("MINE", environ={"MINE": " token\n"}).bearer() == "token"
    assert not GitLabToken(environ={}).renew()
    with pytest.raises(NotLoggedIn, match="id_tokens"):
        GitLabToken(environ={}).bearer()
