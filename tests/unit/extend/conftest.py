from collections.abc import Iterator

import pytest

from tests.plugins.tiny import TinyPlugins, tiny_plugins


@pytest.fixture
def tiny(tmp_path, monkeypatch) -> Iterator[TinyPlugins]:
    with tiny_plugins(tmp_path, monkeypatch) as tiny:
        yield tiny
