"""The port comes from the ini file unless the command line or the environment names another."""

from pathlib import Path

import plaster
import pytest
import waitress

from eoscperf.scripts.server import serve

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture
def served(monkeypatch):
    """What waitress was asked to serve with, instead of serving."""
    asked = {}
    monkeypatch.setattr(waitress, "serve_paste", lambda app, conf, **options: asked.update(options))
    return asked


@pytest.mark.parametrize(("ini", "host"), [("development.ini", "localhost"), ("production.ini", "127.0.0.1")])
@pytest.mark.parametrize(("options", "port"), [({}, "6543"), ({"http_port": "7000"}, "7000")])
def test_the_command_line_replaces_the_port_of_the_ini_file(served, ini, host, options, port):
    loader = plaster.get_loader(str(CHECKOUT / ini), protocols=["wsgi"])
    loader.get_wsgi_server(defaults=options)("the application")
    assert served["listen"] == f"{host}:{port}"
    assert int(served["max_request_body_size"]) > 16 * 1024 * 1024


def test_the_environment_has_the_last_word(served):
    serve("the application", {"http_port": "7000"}, host="[::1]", environ={"EOSCPERF_HTTP_PORT": "8000"})
    assert served["listen"] == "[::1]:8000"


def test_forwarding_headers_reach_the_application_which_decides_whom_to_believe(served):
    serve("the application", {})
    assert served["clear_untrusted_proxy_headers"] == "false"


def test_little_waits_in_memory_for_a_slow_reader(served):
    serve("the application", {})
    assert served["outbuf_high_watermark"] < served["outbuf_overflow"] <= 16 * 1024 * 1024
    serve("the application", {}, outbuf_high_watermark="5")
    assert served["outbuf_high_watermark"] == "5"
