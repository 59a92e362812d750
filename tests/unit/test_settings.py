"""Settings: where they come from, what is wrong with them said all at once, secrets kept quiet."""

import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest
from pyramid.exceptions import ConfigurationError

from eoscperf import core_options, extend, options
from eoscperf.db import make_engine
from eoscperf.options import REQUIRED, Option
from eoscperf.settings import load

URL = "sqlite://"


def loaded(environ=None, **given):
    raw = {"sqlalchemy.url": URL, "secret": "kept somewhere else"} | {
        key.replace("__", "."): value for key, value in given.items()
    }
    return load(raw, environ or {})


def refused(environ=None, **given):
    with pytest.raises(ConfigurationError) as caught:
        loaded(environ, **given)
    return str(caught.value)


@pytest.fixture
def plugin_settings(monkeypatch):
    """Make a plug-in `tiny` with these settings installed."""

    def install(*options):
        monkeypatch.setattr(extend, "installed", lambda: {"tiny": object(), "other": object()})
        monkeypatch.setattr(extend, "plugin_options", lambda name: options)

    return install


class TestWhereValuesComeFrom:
    def test_defaults_fill_what_is_not_given(self):
        values = loaded()
        assert values["moderation.undo_minutes"] == 10
        assert values["eoscperf.plugins"] == ()
        assert values["rates.writes"].amount == 300

    def test_the_ini_file_replaces_defaults_and_the_environment_replaces_the_ini_file(self):
        assert loaded(limits__tags="3")["limits.tags"] == 3
        assert loaded({"EOSCPERF_LIMITS_TAGS": "4"}, limits__tags="3")["limits.tags"] == 4

    def test_code_may_pass_numbers_lists_and_truth_values(self):
        values = loaded(limits__tags=3, metrics=True, admin_entitlements=["a", "b"])
        assert (values["limits.tags"], values["metrics"]) == (3, True)
        assert values["admin_entitlements"] == ("a", "b")

    def test_what_code_passes_is_checked_as_well(self):
        assert "limits.tags: must be a whole number" in refused(limits__tags=-1)
        assert "limits.tags: must be a text" in refused(limits__tags=None)

    def test_settings_of_the_libraries_below_are_handed_on(self):
        values = loaded(pyramid__includes="pyramid_debugtoolbar", debugtoolbar__hosts="127.0.0.1")
        assert values["pyramid.includes"] == "pyramid_debugtoolbar"
        assert values["debugtoolbar.hosts"] == "127.0.0.1"

    def test_variables_of_others_are_left_alone(self):
        loaded({"EOSCPERF_CONFIG": "x.ini", "EOSCPERF_HTTP_PORT": "1", "EOSCPERF_TEST_POSTGRESQL": "x"})

    def test_every_setting_has_a_variable_of_its_own(self):
        variables = [option.variable for option in core_options.CORE]
        assert len(set(variables)) == len(variables)
        assert "EOSCPERF_MODERATION_UNDO_MINUTES" in variables


class TestWhatIsWrong:
    def test_one_message_names_everything(self):
        message = refused(
            {"EOSCPERF_METRICS": "perhaps"},
            eoscperf__plugins="ghost",
            limits__tags="many",
            limits__tgas="3",
            oidc__issuers="egi",
        )
        for line in (
            "eoscperf.plugins: no plug-in 'ghost' is installed; installed: ",
            "limits.tags: must be a whole number of at least 0 (it is 'many')",
            "limits.tgas: no such setting; did you mean limits.tags?",
            "EOSCPERF_METRICS: must be true or false (it is 'perhaps')",
            "oidc.egi.issuer: is missing",
        ):
            assert line in message

    def test_an_unknown_variable_is_named_with_the_one_that_is_meant(self):
        message = refused({"EOSCPERF_SECRETS": "x"})
        assert "EOSCPERF_SECRETS: no such setting; did you mean EOSCPERF_SECRET?" in message

    def test_the_common_prefix_alone_makes_no_variable_the_one_that_is_meant(self):
        message = refused({"EOSCPERF_FOO": "x"})
        assert "EOSCPERF_FOO: no such setting" in message
        assert "EOSCPERF_FOO: no such setting; did you mean" not in message

    @pytest.mark.parametrize("given", [{}, {"sqlalchemy.url": ""}])
    def test_a_required_setting_must_be_there(self, given):
        with pytest.raises(ConfigurationError, match=r"sqlalchemy\.url: is required"):
            load(given, {})

    def test_a_plugin_cannot_be_enabled_twice(self, plugin_settings):
        plugin_settings()
        assert "eoscperf.plugins: tiny is there twice" in refused(eoscperf__plugins="tiny tiny")

    @pytest.mark.parametrize(
        ("key", "value", "allowed"),
        [
            ("public_url", "perf.example.org", "must be an address such as"),
            ("public_url", "https://perf.example.org?x", "must be an address such as"),
            ("api.prefix", "/api/", "must be a path such as"),
            ("cors.origins", "https://a.example.org/path", "is no origin"),
            ("trusted_proxies", "localhost", "must be addresses or networks"),
            ("limits.schema_seconds", "0", "above 0"),
            ("limits.schema_seconds", "soon", "a number of seconds"),
            ("limits.schema_seconds", "nan", "a number of seconds"),
            ("limits.path_segments", "65", "at most 64"),
            ("rates.writes", "often", "must be a rate such as"),
        ],
    )
    def test_a_bad_value_is_refused_with_what_is_allowed(self, key, value, allowed):
        message = refused(**{key.replace(".", "__"): value})
        assert f"  {key}: " in message
        assert allowed in message

    def test_a_choice_names_what_there_is_to_choose_from(self):
        with pytest.raises(ValueError, match="must be one of on, off"):
            options.choice("on", "off")("perhaps")


class TestSettingsOfPlugins:
    def test_are_read_when_the_plugin_is_enabled(self, plugin_settings):
        plugin_settings(Option("tiny.size", options.whole(1), 5, "size of it"))
        assert loaded(eoscperf__plugins="tiny")["tiny.size"] == 5
        environ = {"EOSCPERF_TINY_SIZE": "7"}
        assert loaded(environ, eoscperf__plugins="tiny")["tiny.size"] == 7

    def test_are_refused_with_the_reason_when_it_is_not(self, plugin_settings):
        plugin_settings(Option("tiny.size", options.whole(1), 5, "size of it"))
        message = refused({"EOSCPERF_TINY_SIZE": "7"}, tiny__size="5")
        assert "tiny.size: the plug-in tiny is not enabled (eoscperf.plugins)" in message
        assert "EOSCPERF_TINY_SIZE: the plug-in tiny is not enabled" in message

    def test_must_carry_its_name(self, plugin_settings):
        plugin_settings(Option("size", options.whole(1), 5, "size of it"))
        assert "size: the plug-in tiny may only declare" in refused(eoscperf__plugins="tiny")

    def test_can_be_required(self, plugin_settings):
        plugin_settings(Option("tiny.host", options.text, REQUIRED, "where it is"))
        assert "tiny.host: is required (where it is)" in refused(eoscperf__plugins="tiny")


class TestIssuersFromTheEnvironment:
    ISSUER = {"EOSCPERF_OIDC_ISSUERS": "egi", "EOSCPERF_OIDC_EGI_ISSUER": "https://egi.example.org"}

    def test_an_issuer_can_come_from_the_environment_alone(self):
        (issuer,) = loaded(self.ISSUER)["oidc.issuers"]
        assert (issuer.name, issuer.issuer) == ("egi", "https://egi.example.org")

    def test_a_variable_replaces_the_ini_file(self):
        environ = {"EOSCPERF_OIDC_EGI_LEEWAY": "5"}
        given = {"oidc__issuers": "egi", "oidc__egi__issuer": "https://egi.example.org"}
        (issuer,) = loaded(environ, **given, oidc__egi__leeway="9")["oidc.issuers"]
        assert issuer.leeway == 5

    def test_a_variable_belongs_to_the_issuer_with_the_longest_fitting_name(self):
        environ = self.ISSUER | {
            "EOSCPERF_OIDC_ISSUERS": "egi egi-dev",
            "EOSCPERF_OIDC_EGI_DEV_ISSUER": "https://dev.example.org",
        }
        names = {issuer.name: issuer.issuer for issuer in loaded(environ)["oidc.issuers"]}
        assert names == {"egi": "https://egi.example.org", "egi-dev": "https://dev.example.org"}

    def test_a_variable_that_may_mean_two_issuers_is_refused(self):
        environ = {"EOSCPERF_OIDC_ISSUERS": "a-b a_b", "EOSCPERF_OIDC_A_B_ISSUER": "https://x.example.org"}
        assert "EOSCPERF_OIDC_A_B_ISSUER: may mean any of the issuers a-b, a_b" in refused(environ)

    def test_an_unknown_one_is_refused(self):
        assert "oidc.egi.colour: unknown setting" in refused(
            self.ISSUER | {"EOSCPERF_OIDC_EGI_COLOUR": "red"}
        )


class TestSecretsStayQuiet:
    def test_in_messages_about_the_database_address(self):
        message = refused(sqlalchemy__url="mysql://perf:hunter2@db.example.org/perf")
        assert "sqlalchemy.url: must be an address such as" in message
        assert "hunter2" not in message

    @pytest.mark.parametrize("url", ["nonsense hunter2", "postgresql://u:hunter2@host:port/x"])
    def test_in_messages_about_one_that_cannot_be_read(self, url):
        assert "hunter2" not in refused(sqlalchemy__url=url)

    def test_in_messages_about_secrets_of_plugins(self, plugin_settings):
        plugin_settings(Option("tiny.key", options.whole(1), 1, "key of it", secret=True))
        message = refused(eoscperf__plugins="tiny", tiny__key="hunter2")
        assert "tiny.key: must be a whole number" in message
        assert "hunter2" not in message

    def test_in_what_python_prints_of_an_issuer(self):
        environ = TestIssuersFromTheEnvironment.ISSUER | {
            "EOSCPERF_OIDC_EGI_CLIENT_ID": "me",
            "EOSCPERF_OIDC_EGI_CLIENT_SECRET": "hunter2",
        }
        issuers = loaded(environ)["oidc.issuers"]
        assert issuers[0].client_secret == "hunter2"
        assert "hunter2" not in repr(issuers)


class TestPaths:
    def test_start_from_the_folder_of_the_ini_file(self, tmp_path):
        raw = {
            "sqlalchemy.url": "sqlite:///data/x.sqlite",
            "secret": "a secret for tests",
            "here": str(tmp_path),
        }
        values = load(raw, {})
        assert values["var"] == str(tmp_path / "var")
        assert values["sqlalchemy.url"] == f"sqlite:///{tmp_path}/data/x.sqlite"

    def test_start_from_the_working_folder_without_one(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        assert loaded(var="kept")["var"] == str(tmp_path / "kept")

    def test_absolute_ones_and_databases_in_memory_stay_as_they_are(self, tmp_path):
        values = loaded(var=str(tmp_path), sqlalchemy__url=f"sqlite:///{tmp_path}/x.sqlite")
        assert values["var"] == str(tmp_path)
        assert values["sqlalchemy.url"] == f"sqlite:///{tmp_path}/x.sqlite"
        assert loaded()["sqlalchemy.url"] == "sqlite://"

    def test_the_password_of_a_database_survives(self):
        url = "postgresql://perf:hun%20ter2@db.example.org/perf"
        assert loaded(sqlalchemy__url=url)["sqlalchemy.url"] == url

    def test_the_folder_of_a_database_file_is_made(self, tmp_path):
        engine = make_engine(f"sqlite:///{tmp_path}/a/b/x.sqlite")
        with engine.connect() as connection:
            assert connection.exec_driver_sql("SELECT 1").scalar() == 1
        engine.dispose()


class TestTheKeptSecret:
    def test_is_made_once_for_us_alone(self, tmp_path):
        var = tmp_path / "new" / "var"
        first = loaded(var=str(var), secret="")["secret"]
        assert len(first) == 64
        assert loaded(var=str(var), secret="")["secret"] == first
        assert stat.S_IMODE((var / "secret").stat().st_mode) == 0o600
        assert os.listdir(var) == ["secret"]

    def test_is_the_same_for_processes_that_start_together(self, tmp_path):
        with ThreadPoolExecutor(8) as pool:
            made = set(pool.map(lambda _: loaded(var=str(tmp_path), secret="")["secret"], range(32)))
        assert len(made) == 1

    def test_is_never_seen_half_written(self, tmp_path, monkeypatch):
        link = os.link
        seen = []

        def watched(source, target):
            seen.append(os.path.exists(target))
            link(source, target)
            seen.append(os.path.getsize(target))

        monkeypatch.setattr(os, "link", watched)
        loaded(var=str(tmp_path), secret="")
        assert seen == [False, 64]

    def test_that_is_empty_is_refused(self, tmp_path):
        (tmp_path / "secret").touch()
        assert "is empty. Remove it" in refused(var=str(tmp_path), secret="")

    def test_that_cannot_be_kept_says_what_to_do(self, tmp_path):
        (tmp_path / "var").write_text("a file")
        message = refused(var=str(tmp_path / "var"), secret="")
        assert "The secret cannot be kept in" in message
        assert "(File exists)" in message

    def test_is_not_needed_when_one_is_set(self, tmp_path):
        var = tmp_path / "var"
        assert loaded(var=str(var), secret="given by somebody")["secret"] == b"given by somebody"
        assert not var.exists()

    def test_cannot_be_replaced_by_one_that_is_quickly_guessed(self):
        message = refused(secret="change-me")
        assert "secret: must have at least 16 characters" in message
        assert "change-me" not in message
