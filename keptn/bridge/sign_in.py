"""Signing in: with a token, or once by the link of `keptn bridge` or `keptn local`. `records/sessions.py` keeps who."""

from __future__ import annotations

from urllib.parse import urlsplit

from keptn import durations
from keptn.bridge import cookies
from keptn.bridge.visit import Visit
from keptn.records import sessions, tokens
from keptn.records.sessions import Session
from keptn.records.tokens import Token
from keptn.web import Answer, HttpError, presented_session

_WAY_ON = "paste another one, or have one made: keptn create token NAME --role=view"


def session(visit: Visit) -> Session | None:
    """Whose browser it is."""
    text = presented_session(visit.request)
    found = sessions.find(visit.ctx.store, text, now=visit.now) if text else None
    if found:
        tokens.note_use(visit.ctx.store, found.token.id, now=visit.now, memory=visit.ctx.memory)
    return found


def asked(visit: Visit) -> Answer:
    """To the form, and from there back to where he was. A page that looks again by itself is led away as a whole.

    Raises HttpError 401 for who cannot fill in a form.
    """
    said = ""
    if presented_session(visit.request):
        said = "Your sign-in is over."
        said += " What you sent was not done; sign in, and send it again." if visit.request.method == "POST" else ""
    where = visit.link("sign-in", next=_wanted(visit))
    if visit.request.headers.get("hx-request"):
        return Answer(headers=(("HX-Redirect", where),), content_type="text/html", open=True)
    if not visit.is_for_a_person:
        raise HttpError(f"sign in first, in a browser: {where}; programs ask the api, with a token", status=401)
    return visit.redirect(where, say=said)


def _wanted(visit: Visit) -> str:
    """The path where somebody is: of the page that a form was on, or that asks for a part of itself."""
    if visit.request.method == "POST":
        return visit.form.get("back", "")
    if shown := visit.request.headers.get("hx-current-url", ""):
        parts = urlsplit(shown)
        return parts.path.removeprefix(visit.base) + (f"?{parts.query}" if parts.query else "")
    return visit.inner


def show(visit: Visit) -> Answer:
    return _form(visit)


def enter(visit: Visit) -> Answer:
    """Sign in with the token that the form has."""
    text = visit.form.get("token", "").strip()
    found = tokens.find(visit.ctx.store, text)
    if found is None or found.is_over(visit.now):
        return _form(visit, problem=_problem(text, found), status=401)
    return _entered(visit, sessions.begin(visit.ctx.store, found, now=visit.now), to=visit.form.get("next", ""))


def by_ticket(visit: Visit) -> Answer:
    """Sign in by a link, once; who is signed in may open it again."""
    if session(visit):
        return visit.redirect(visit.link())
    if visit.is_from_elsewhere:
        problem = "another site led here with a link that signs in; if it is yours, put it into the address bar"
        return _form(visit, problem=problem, status=403)
    made = sessions.redeem(visit.ctx.store, visit.query("ticket"), now=visit.now)
    if made is None:
        problem = "this link has been used, or is over; keptn bridge prints another, or paste your token"
        return _form(visit, problem=problem, status=401)
    return _entered(visit, made, to="")


def leave(visit: Visit) -> Answer:
    """Sign out: the session opens nothing from now on."""
    if visit.session:
        sessions.end(visit.ctx.store, visit.session)
    return visit.redirect(visit.link("sign-in"), cookie=(cookies.SESSION, "", 0))


def _entered(visit: Visit, made: Session, *, to: str) -> Answer:
    lasts_s = int((made.until - visit.now).total_seconds())
    return visit.redirect(visit.inside(to), cookie=(cookies.SESSION, made.text, lasts_s))


def _problem(text: str, found: Token | None) -> str:
    if found is not None and found.expires:
        return f"the token {found.id} is over since {durations.moment(found.expires)}; {_WAY_ON}"
    if text and not tokens.is_issued(text):
        return f"this is no token to work with (they begin with keptn_; the root token only makes others); {_WAY_ON}"
    return f"the token is {'wrong, or revoked' if text else 'missing'}; {_WAY_ON}"


def _form(visit: Visit, *, problem: str = "", status: int = 200) -> Answer:
    wanted = visit.form.get("next") or visit.query("next")
    return visit.page("sign_in.html", status=status, problem=problem, wanted=wanted)
