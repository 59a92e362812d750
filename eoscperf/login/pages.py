"""The pages of logging in and out, and of registering."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from pyramid.csrf import new_csrf_token
from pyramid.httpexceptions import HTTPFound, HTTPSeeOther
from pyramid.renderers import render_to_response

from eoscperf import errors
from eoscperf.db import write_from_the_start
from eoscperf.login.providers import LoginProvider, LoginProviders
from eoscperf.login.relying import Begun, LoginRefused
from eoscperf.login.session import forget, is_secure, keep, sent_secret, signer
from eoscperf.login.sessions import WebSessions
from eoscperf.login.terms import Terms
from eoscperf.rest import schema
from eoscperf.rest.pages import absolute
from eoscperf.security.addresses import counted_address
from eoscperf.users.service import Users
from eoscperf.web.forms import Form, tick
from eoscperf.web.preferences import here_only

ON_ITS_WAY = 600
"""Seconds that a log-in may take at the provider."""

REGISTRATION = Form(
    tick("accept_terms", title="Terms of service"), schema.exact("next", title="Where to go on")
)

LONGEST_NEXT = 2000


def login(request: Any) -> Any:
    """Go to the only provider, or choose one of several; afterwards back to `next`."""
    providers = _providers(request)
    going_on = _next(request, request.GET.get("next"))
    if request.identity is not None:
        return HTTPFound(location=going_on)
    chosen = request.GET.get("provider")
    if chosen is None and len(providers.by_name) == 1:
        chosen = next(iter(providers.by_name))
    if chosen is None:
        choices = [
            (title, request.route_path("login", _query={"provider": name, "next": going_on}))
            for name, title in providers.titles
        ]
        return {"choices": choices}
    provider = providers.by_name.get(chosen)
    if provider is None:
        raise errors.NotFound("There is no such identity provider here.")
    if provider.home is not None and provider.home != absolute(request, ""):
        # Cookies belong to a host: the log-in has to begin where it will end.
        asked = {"provider": chosen, "next": going_on}
        return HTTPFound(location=provider.home + request.route_path("login", _query=asked))
    begun = request.registry["eoscperf.relying_party"].begin(provider, _callback_address(request))
    answer = HTTPFound(location=begun.url)
    kept = asdict(begun) | {"url": "", "next": going_on[:LONGEST_NEXT]}
    answer.set_cookie(
        _flow_cookie(begun.state),
        signer(request, "flow").dumps(kept).decode("ascii"),
        max_age=ON_ITS_WAY,
        path=request.route_path("login"),
        httponly=True,
        samesite="Lax",
        secure=is_secure(request),
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer


def callback(request: Any) -> Any:
    """Where providers send people back to."""
    request.registry["eoscperf.rates"].spend("writes", "address:" + counted_address(request), "log-ins")
    state = request.GET.get("state", "")
    kept = _flow(request, state)
    if kept is None:
        return _refused(
            request,
            "This log-in was not begun with this browser, has been used, or took longer than ten minutes. "
            "Cookies must be allowed for it.",
            "/",
        )
    begun, going_on = kept
    provider = _providers(request).by_name.get(begun.provider)
    if provider is None:
        raise errors.NotFound("There is no such identity provider here.")
    sentence = _fault(request, provider)
    if sentence is not None:
        return _forgetting(request, _refused(request, sentence, going_on), begun)
    relying_party = request.registry["eoscperf.relying_party"]
    try:
        person = relying_party.complete(provider, begun, request.GET["code"])
    except LoginRefused as problem:
        return _forgetting(request, _refused(request, str(problem), going_on), begun)
    write_from_the_start(request.dbsession)
    sessions = request.find_service(WebSessions)
    earlier = sent_secret(request)
    if earlier is not None:
        sessions.end(earlier)
    _, secret = sessions.begin(person)
    found = sessions.find(secret)
    user = found[1] if found is not None else None
    if user is not None and user.disabled:
        sessions.end(secret)
        sentence = "Your account is disabled. An administrator can enable it again."
        return _forgetting(request, _refused(request, sentence, going_on, status=403), begun)
    answer = HTTPSeeOther(location=going_on)
    keep(request, answer, secret)
    # What was in forms before belongs to nobody, or to somebody else.
    new_csrf_token(request)
    return _forgetting(request, answer, begun)


def logout(request: Any) -> Any:
    """End the log-in here, then at the provider where that is offered."""
    secret = sent_secret(request)
    ended = request.find_service(WebSessions).end(secret) if secret is not None else None
    home = request.route_path("home")
    location = home
    provider = _providers(request).by_name.get(ended.provider) if ended is not None else None
    if ended is not None and provider is not None:
        # The address that is registered at the provider, whatever host the request names.
        back = absolute(request, home)
        location = (
            request.registry["eoscperf.relying_party"].log_out_url(provider, ended.id_token, back) or home
        )
    answer = HTTPSeeOther(location=location)
    forget(request, answer)
    new_csrf_token(request)
    request.notices.add("success", "You are logged out.")
    return answer


def registration(request: Any) -> Any:
    """Become a user, or accept terms that have changed."""
    terms = request.find_service(Terms)
    user_id = request.identity.user_id
    accepted = terms.accepted(user_id) if user_id is not None else None
    told = request.web_session
    values: dict[str, Any] = {
        "email": told.email if told is not None else None,
        "registered": user_id is not None,
        "accepted": accepted,
        "terms": terms,
        "earlier": terms.last(user_id) if user_id is not None else None,
        "form": REGISTRATION.blank(next=_next(request, request.GET.get("next"))),
    }
    if request.method != "POST":
        return values
    form = REGISTRATION.read(request)
    if form.ok and not form.values["accept_terms"]:
        form = form.with_error("accept_terms", "Terms of service: must be accepted to go on.")
    if form.ok:
        try:
            if user_id is None:
                user_id = request.find_service(Users).register().id
                request.notices.add("success", "You are registered. Welcome!")
            terms.accept(user_id)
        except errors.DomainError as problem:
            form = form.refused(problem)
        else:
            return HTTPSeeOther(location=_next(request, form.values.get("next")))
    return values | {"form": form}


def account_menu(request: Any) -> dict[str, Any]:
    """Who is logged in, in which role, and the way out."""
    return {"told": request.web_session}


def unregistered(request: Any) -> dict[str, Any]:
    """What somebody who is logged in has to do before they can contribute."""
    told, identity = request.web_session, request.identity
    wanted = None
    if (
        told is not None
        and request.matched_route is not None
        and request.matched_route.name != "registration"
    ):
        if told.role is None:
            wanted = "register"
        elif (terms := request.find_service(Terms)).accepted(identity.user_id) is None:
            wanted = "again" if terms.last(identity.user_id) is not None else "first"
    url = request.route_path("registration", _query={"next": request.chrome.here})
    return {"wanted": wanted, "url": url}


def _providers(request: Any) -> LoginProviders:
    providers: LoginProviders = request.registry["eoscperf.login"]
    if not providers:
        raise errors.NotFound("This installation has no identity provider to log in with.")
    return providers


def _callback_address(request: Any) -> str:
    return absolute(request, request.route_path("login_callback"))


def _next(request: Any, asked: str | None) -> str:
    """Where to go on: a page of this site that is not about logging in."""
    path = here_only(asked, request.route_path("home"))
    return request.route_path("home") if path.startswith(request.route_path("login")) else path


def _flow_cookie(state: str) -> str:
    """Each log-in has a cookie, so that those in two tabs do not disturb each other."""
    return f"login_{state[:12]}"


def _flow(request: Any, state: str) -> tuple[Begun, str] | None:
    """The log-in that was begun with this state in this browser, and where it leads."""
    cookie = request.cookies.get(_flow_cookie(state)) if state else None
    if not cookie:
        return None
    try:
        kept = signer(request, "flow").loads(cookie.encode("latin-1", "replace"))
    except ValueError:
        return None
    going_on = kept.pop("next")
    return (Begun(**kept), going_on) if kept["state"] == state else None


def _fault(request: Any, provider: LoginProvider) -> str | None:
    """What a provider has sent instead of a code, in words."""
    issuer = request.GET.get("iss")
    if issuer is None and request.registry["eoscperf.relying_party"].names_itself(provider):
        return f"The answer does not say that it came from {provider.title}."
    if issuer is not None and issuer != provider.settings.issuer:
        # RFC 9207: the answer of another provider.
        return "The answer came from another identity provider than the one that was asked."
    problem = request.GET.get("error")
    if problem == "access_denied":
        return f"The log-in was cancelled at {provider.title}."
    if problem is not None:
        shown = "".join(one for one in problem[:60] if one.isalnum() or one in "_- ")
        return f"{provider.title} could not log you in ({shown or 'no reason given'})."
    if not request.GET.get("code"):
        return f"{provider.title} has sent neither a code nor a reason."
    return None


def _refused(request: Any, sentence: str, going_on: str, status: int = 400) -> Any:
    values = {"sentence": sentence, "again": request.route_path("login", _query={"next": going_on})}
    answer = render_to_response("login/refused.jinja2", values, request)
    answer.status_int = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _forgetting(request: Any, answer: Any, begun: Begun) -> Any:
    """A code and a state are good once."""
    answer.delete_cookie(_flow_cookie(begun.state), path=request.route_path("login"))
    answer.headers["Cache-Control"] = "no-store"
    return answer


def includeme(config: Any) -> None:
    config.add_page("login", "/login", login, "login/login.jinja2", permission="site:view", methods=("GET",))
    config.add_page(
        "login_callback",
        "/login/callback",
        callback,
        "login/refused.jinja2",
        permission="site:view",
        methods=("GET",),
    )
    config.add_page(
        "logout", "/logout", logout, "login/login.jinja2", permission="site:view", methods=("POST",)
    )
    config.add_page(
        "registration", "/registration", registration, "login/registration.jinja2", permission="user:register"
    )
    config.add_panel("layout.account", "login", "login/account.jinja2", view=account_menu)
    config.add_panel("layout.notice", "login", "login/unregistered.jinja2", view=unregistered)
