"""What stands in the ini files and in deploy/ works."""

import os
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
import sqlalchemy as sa
from pyramid.paster import get_appsettings

from eoscperf import settings
from eoscperf.db import make_engine
from eoscperf.testing import postgresql

CHECKOUT = Path(__file__).parents[2]


@pytest.mark.parametrize("ini", ["development.ini", "production.ini", "deploy/container.ini"])
def test_the_settings_of_an_ini_file_are_valid(ini, tmp_path):
    secrets = {
        "EOSCPERF_SQLALCHEMY_URL": "postgresql://localhost/eoscperf",
        "EOSCPERF_SECRET": "a secret for tests",
    }
    loaded = settings.load(get_appsettings(str(CHECKOUT / ini)), secrets | {"EOSCPERF_VAR": str(tmp_path)})
    assert loaded["sqlalchemy.url"] == "postgresql://localhost/eoscperf"


def test_what_production_leaves_to_the_environment_is_asked_for(tmp_path):
    with pytest.raises(settings.ConfigurationError, match=r"sqlalchemy\.url: is required"):
        settings.load(get_appsettings(str(CHECKOUT / "production.ini")), {"EOSCPERF_VAR": str(tmp_path)})


def test_the_example_of_the_environment_must_be_filled_in_first(tmp_path):
    lines = (CHECKOUT / "deploy/eoscperf.env.example").read_text().splitlines()
    environ = dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
    with pytest.raises(settings.ConfigurationError, match="EOSCPERF_SECRET: must have at least 16"):
        settings.load(
            get_appsettings(str(CHECKOUT / "production.ini")), environ | {"EOSCPERF_VAR": str(tmp_path)}
        )


def test_suggested_settings_of_production_are_valid_too(tmp_path):
    """The commented lines of the application section, as they are once uncommented."""
    lines = (CHECKOUT / "production.ini").read_text().splitlines()
    text = "\n".join(line.removeprefix("# ") if " = " in line else line for line in lines)
    parser = ConfigParser(interpolation=None, strict=False)
    parser.read_string(text)
    suggested = dict(parser["app:main"])
    del suggested["use"]
    environ = {"EOSCPERF_SQLALCHEMY_URL": "postgresql://localhost/eoscperf", "EOSCPERF_VAR": str(tmp_path)}
    environ["EOSCPERF_OIDC_EGI_CLIENT_SECRET"] = "from the environment"
    loaded = settings.load(suggested, environ)
    assert loaded["public_url"] == "https://perf.example.org"
    assert len(loaded["oidc.issuers"]) == 1


def test_a_backup_can_be_restored(databases, tmp_path):
    source = databases.create("postgresql", migrated=True)
    target = databases.create("postgresql", migrated=False)
    var, folder = tmp_path / "var", tmp_path / "backups"
    var.mkdir()
    (var / "secret").write_text("kept")
    programs = postgresql.programs()
    environ = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "EOSCPERF_SQLALCHEMY_URL": source,
        "EOSCPERF_VAR": str(var),
    }
    subprocess.run([CHECKOUT / "deploy/backup.sh", folder], env=environ, check=True)
    (backup,) = folder.iterdir()
    plain = target.replace("postgresql+psycopg:", "postgresql:")
    restore = [programs / "pg_restore", "--no-owner", f"--dbname={plain}", backup / "database.dump"]
    subprocess.run(restore, check=True)
    names = []
    for url in (source, target):
        engine = make_engine(url, poolclass=sa.NullPool)
        names.append(sorted(sa.inspect(engine).get_table_names()))
        databases.drop(url)
    assert names[0] == names[1] != []
    subprocess.run(["tar", "-xzf", backup / "var.tar.gz", "-C", tmp_path], check=True)
    assert (tmp_path / "secret").read_text() == "kept"
