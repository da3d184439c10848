"""A browser without scripts, on a function in memory: follows links and sends the forms that a page has."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

from werkzeug.test import Client

BASE = "/functions/bridge"


@dataclass
class Form:
    """fields: what it sends as it is; buttons: texts of what sends it."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[str] = field(default_factory=list)


class Page(HTMLParser):
    """What a person finds on a page: its text, links and forms."""

    def __init__(self, response, where: str) -> None:
        super().__init__()
        self.status, self.headers, self.html, self.where = response.status_code, response.headers, response.text, where
        self.links: list[tuple[str, str]] = []
        self.forms: list[Form] = []
        self.tags: list[tuple[str, dict[str, str]]] = []
        self._texts: list[str] = []
        self._open: list[str] = []
        self._field, self._chosen = "", False
        self.feed(self.html)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())

    def form(self, button: str) -> Form:
        """The form that the button of that text sends."""
        found = [form for form in self.forms if button in form.buttons]
        assert found, (button, [form.buttons for form in self.forms])
        return found[0]

    @property
    def buttons(self) -> set[str]:
        return {button for form in self.forms for button in form.buttons}

    def handle_starttag(self, tag, attrs):
        given = {name: value or "" for name, value in attrs}
        self.tags.append((tag, given))
        if tag == "a":
            self.links.append((given.get("href", ""), ""))
        if tag == "form":
            self.forms.append(Form(given.get("action", self.where), given.get("method", "get")))
        is_sent = given.get("name") and (given.get("type") != "checkbox" or "checked" in given)
        if tag in ("input", "button") and "form" in self._open and is_sent:
            self.forms[-1].fields[given["name"]] = given.get("value", "")
        if tag in ("select", "textarea") and "form" in self._open:
            self.forms[-1].fields[given["name"]] = ""
            self._field, self._chosen = given["name"], False
        if tag == "option" and "select" in self._open and ("selected" in given or not self._chosen):
            self.forms[-1].fields[self._field], self._chosen = given.get("value", ""), True
        if tag == "button" and "form" in self._open:
            self.forms[-1].buttons.append("")
        if tag not in ("input", "meta", "link", "br", "img", "hr", "path", "rect", "circle", "line", "use"):
            self._open.append(tag)

    def handle_endtag(self, tag):
        while tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data):
        if self._open and self._open[-1] in ("style", "script"):
            return
        self._texts.append(data)
        if "textarea" in self._open:
            self.forms[-1].fields[self._field] += data
        if "a" in self._open and self.links:
            where, text = self.links[-1]
            self.links[-1] = where, f"{text} {data}".strip()
        if "button" in self._open and "form" in self._open:
            self.forms[-1].buttons[-1] = f"{self.forms[-1].buttons[-1]} {data}".strip()


class _Asking(Client):
    """Asks for pages, as a browser does."""

    def open(self, *args, headers=None, **given):
        return super().open(*args, headers={"Accept": "text/html,*/*;q=0.8", **(headers or {})}, **given)


class Browser:
    """Keeps cookies. All addresses are whole paths, as pages have them."""

    def __init__(self, application) -> None:
        def prefixed(environ, start_response):
            assert environ["PATH_INFO"].startswith(BASE), environ["PATH_INFO"]
            environ["PATH_INFO"] = environ["PATH_INFO"].removeprefix(BASE) or "/"
            return application(environ, start_response)

        self.client = _Asking(prefixed)

    def open(self, path: str, **given) -> Page:
        """Of the bridge (`/approvals`), or as a link has it; redirects are followed."""
        whole = path if path.startswith(BASE) else BASE + path
        return self._followed(self.client.get(whole, **given), whole)

    def send(self, form: Form, **fields: str) -> Page:
        assert set(fields) <= {*form.fields, "reason", "force"}, (fields, form.fields)
        whole = urljoin(BASE + "/", form.action)
        return self._followed(self.client.post(whole, data={**form.fields, **fields}), whole)

    def press(self, page: Page, button: str, **fields: str) -> Page:
        return self.send(page.form(button), **fields)

    def sign_in(self, token: str) -> Page:
        return self.press(self.open("/sign-in"), "Sign in", token=token)

    def _followed(self, response, where: str) -> Page:
        for _ in range(5):
            if response.status_code not in (302, 303):
                return Page(response, where)
            where = response.headers["Location"]
            response = self.client.get(where)
        raise AssertionError(f"led in a circle to {where}")
