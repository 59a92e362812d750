"""What the CI systems write into the tokens of their jobs, and how rules name the same things."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from eoscperf.errors import InvalidToken
from eoscperf.security.oidc_tokens import storable

MOST = 512
"""Characters of any one thing that a token says about its job."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """A run of a workflow, as the token says that its CI system gave it."""

    issuer: str
    repository: str
    repository_id: str
    repository_owner_id: str
    workflow: str
    """path of the file in the repository"""
    ref: str
    commit: str
    run: str
    """its number at the CI system"""
    run_url: str | None = None

    @property
    def key(self) -> str:
        return self.repository.lower()

    @property
    def title(self) -> str:
        return f"workflow {self.workflow} of {self.repository} at {self.ref}"

    def provenance(self) -> dict[str, str]:
        """What results show of where they come from."""
        shown = {
            "commit": self.commit,
            "issuer": self.issuer,
            "ref": self.ref,
            "repository": self.repository,
            "repository_id": self.repository_id,
            "run": self.run,
            "workflow": self.workflow,
        }
        return shown if self.run_url is None else {**shown, "run_url": self.run_url}


class Provider(Protocol):
    """One kind of CI system."""

    def run(self, issuer: str, claims: Mapping[str, Any]) -> Run:
        """The run that verified claims tell of; InvalidToken when they tell of none."""
        ...

    def repository(self, text: str) -> str:
        """The repository of a rule; ValueError says what may be."""
        ...

    def workflow(self, text: str | None) -> str:
        """The path of the workflow of a rule; ValueError says what may be."""
        ...


class GitHub:
    """GitHub Actions."""

    folder = ".github/workflows/"
    public = "https://token.actions.githubusercontent.com"

    def run(self, issuer: str, claims: Mapping[str, Any]) -> Run:
        repository, ref = _text(claims, "repository"), _text(claims, "ref")
        number = _text(claims, "run_id")
        return Run(
            issuer=issuer,
            repository=repository,
            repository_id=_text(claims, "repository_id"),
            repository_owner_id=_text(claims, "repository_owner_id"),
            workflow=_path(claims, "workflow_ref", f"{repository}/", ref),
            ref=ref,
            commit=_text(claims, "sha"),
            run=number,
            # Other servers have their issuers at addresses that do not tell where their pages are.
            run_url=f"https://github.com/{repository}/actions/runs/{number}"
            if issuer == self.public or issuer.startswith(f"{self.public}/")
            else None,
        )

    def repository(self, text: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9-]+/[A-Za-z0-9._-]+", text):
            raise ValueError("must be a repository at GitHub such as example/benchmarks")
        return text

    def workflow(self, text: str | None) -> str:
        name = (text or "").removeprefix("/").removeprefix(self.folder)
        if not re.fullmatch(r"[^/@\s]+\.ya?ml", name):
            raise ValueError("must be the file of a workflow such as .github/workflows/benchmark.yml")
        return self.folder + name


class GitLab:
    """GitLab CI/CD."""

    def run(self, issuer: str, claims: Mapping[str, Any]) -> Run:
        repository, number = _text(claims, "project_path"), _text(claims, "pipeline_id")
        ref = _text(claims, "ref_path") if "ref_path" in claims else self._full_ref(claims)
        parts = urlsplit(issuer)
        return Run(
            issuer=issuer,
            repository=repository,
            repository_id=_text(claims, "project_id"),
            repository_owner_id=_text(claims, "namespace_id"),
            workflow=_path(claims, "ci_config_ref_uri", f"{parts.netloc}{parts.path}/{repository}//", ref),
            ref=ref,
            commit=_text(claims, "sha"),
            run=number,
            run_url=f"{issuer}/{repository}/-/pipelines/{number}",
        )

    def repository(self, text: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+", text):
            raise ValueError("must be a project at GitLab such as group/subgroup/project")
        return text

    def workflow(self, text: str | None) -> str:
        name = (text or ".gitlab-ci.yml").removeprefix("/")
        if not re.fullmatch(r"[^@\s]+\.ya?ml", name):
            raise ValueError("must be the file of a pipeline such as .gitlab-ci.yml")
        return name

    def _full_ref(self, claims: Mapping[str, Any]) -> str:
        folders = {"branch": "refs/heads/", "tag": "refs/tags/"}
        folder = folders.get(_text(claims, "ref_type"))
        if folder is None:
            raise InvalidToken("The token of the CI job names neither a branch nor a tag")
        return folder + _text(claims, "ref")


PROVIDERS: dict[str, Provider] = {"github": GitHub(), "gitlab": GitLab()}


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value:
        raise InvalidToken(f"The token of the CI job has no '{name}'; is it the one that the job was given?")
    if len(value) > MOST or not storable(value):
        raise InvalidToken(f"'{name}' of the token is too long or cannot be stored")
    return value


def _path(claims: Mapping[str, Any], name: str, before: str, ref: str) -> str:
    """The path in a claim `<before><path>@<ref>`.

    What stands around it is known exactly: both a path and a ref may hold an `@`, and whoever names files or
    branches must not be able to have one workflow taken for another.
    """
    value, after = _text(claims, name), f"@{ref}"
    path = value[len(before) : -len(after)]
    if value.lower()[: len(before)] != before.lower() or not value.endswith(after) or not path:
        raise InvalidToken(f"'{name}' of the token does not name a file of the repository at '{ref}'")
    return path
