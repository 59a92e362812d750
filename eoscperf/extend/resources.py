"""The traversal tree: one shallow root; contexts hold a model, they are not the model.

A route picks the view, its `traverse=` finds the context below the root. An item knows its id from
the start and looks the object up when it is told to `load()`, after the input has been checked.
"""

from __future__ import annotations

import uuid
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from pyramid.authorization import ALL_PERMISSIONS, Allow, Everyone

from eoscperf.extend.claims import claim
from eoscperf.security.permissions import permissions

_RESOURCES = "eoscperf.resources"


class Resource:
    """A node of the tree."""

    def __init__(self, request: Any, name: str | None = None, parent: Any = None) -> None:
        self.request, self.__name__, self.__parent__ = request, name, parent


class Root(Resource):
    """Administrators may do everything; everybody else what the level of a permission says.

    Readers may do less than others of the same level. Owner permissions are granted by the objects.
    """

    def __acl__(self) -> list[tuple[str, str, Any]]:
        by_level: dict[str, list[str]] = {}
        for permission in permissions(self.request.registry).values():
            by_level.setdefault(permission.level, []).append(permission.name)
            if permission.level == "user" and permission.for_readers:
                by_level.setdefault("reader", []).append(permission.name)
        return [
            (Allow, "role:admin", ALL_PERMISSIONS),
            (Allow, "role:user", by_level.get("user", [])),
            (Allow, "role:reader", by_level.get("reader", [])),
            (Allow, "system.Authenticated", by_level.get("token", [])),
            (Allow, Everyone, by_level.get("public", [])),
        ]

    def __getitem__(self, name: str) -> Any:
        factory = self.request.registry[_RESOURCES][name]
        return factory(self.request, name, self)


class Collection(Resource):
    """A node whose children are items named by a UUID."""

    item: ClassVar[type[Item]]

    def __getitem__(self, name: str) -> Item:
        try:
            identifier = uuid.UUID(name)
        except ValueError:
            raise KeyError(name) from None
        return self.item(self.request, str(identifier), self, identifier)


class Item(Resource, ABC):
    """One object, known by its id; `load()` looks it up as the caller may see it.

    Subclasses implement `find(lock)`, which returns the model or raises `errors.NotFound`,
    `errors.Withdrawn` or `errors.Removed`; `represent()`, what a GET by this caller answers; and
    `__acl__` for what the state and the uploader add to the levels.
    """

    def __init__(self, request: Any, name: str, parent: Any, identifier: uuid.UUID) -> None:
        super().__init__(request, name, parent)
        self.id = identifier
        self.model: Any = None

    @property
    def loaded(self) -> bool:
        return self.model is not None

    def load(self, *, lock: bool = False) -> Any:
        """Look the object up; with `lock` nobody else changes it until the transaction ends."""
        if self.model is None:
            self.model = self.find(lock)
        return self.model

    @abstractmethod
    def find(self, lock: bool) -> Any: ...

    @abstractmethod
    def represent(self) -> Any: ...

    def __acl__(self) -> list[tuple[str, str, Any]]:
        return []


def add_resource(config: Any, name: str, factory: Any) -> None:
    """Directive: `factory(request, name, parent)` makes the child `name` of the root."""
    factory = config.maybe_dotted(factory)

    def register() -> None:
        config.registry[_RESOURCES][name] = factory

    claim(config, "resource", name, register, factory)


def includeme(config: Any) -> None:
    config.registry.setdefault(_RESOURCES, {})
    config.add_directive("add_resource", add_resource)
    config.set_root_factory(Root)
