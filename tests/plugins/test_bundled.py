"""The bundled plug-ins keep the contract that all plug-ins have to keep."""

from eoscperf.testing.contract import PluginContract


class TestAccounts(PluginContract):
    plugin = "accounts"


class TestMail(PluginContract):
    plugin = "mail"


class TestRegistryCheck(PluginContract):
    plugin = "registry_check"
