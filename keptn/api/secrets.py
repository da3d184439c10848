"""Secrets: written and deleted by name; values are never given back."""

from __future__ import annotations

from collections.abc import Mapping

from keptn.api import known
from keptn.api.call import Call
from keptn.errors import Unknown
from keptn.projects import hook_tokens
from keptn.records import repository, secret_names
from keptn.web import Answer, HttpError, json_answer

RESERVED = "api"
"""The API's root token: whoever could change it here could lock everybody out."""


def index(call: Call) -> Answer:
    """Those that the token may write."""
    seen = [name for name in sorted(call.ctx.secret_admin.names()) if call.sees(secret_names.project_of(name))]
    return json_answer({"secrets": [{"name": name} for name in seen]})


def create(call: Call) -> Answer:
    name = _checked(call.text("name"))
    if name in call.ctx.secret_admin.names():
        raise HttpError(f"the secret {name!r} exists; change it with keptn update secret", status=409)
    return _put(name, call, status=201)


def update(call: Call) -> Answer:
    return _put(_existing(call), call, status=200)


def delete(call: Call) -> Answer:
    name = _existing(call)
    if name == repository.SECRET:
        _check_nobody_needs_it(call)
    call.ctx.secret_admin.delete(name)
    return json_answer({"name": name})


def _put(name: str, call: Call, *, status: int) -> Answer:
    values = call.mapping("data")
    if not values:
        raise HttpError("a secret needs at least one key in 'data'", status=400)
    hook_tokens.check_values(name, values.get("token", ""))
    if name == repository.SECRET:
        _check_is_installations(values)
        call.ctx.secret_admin.merge(name, values)  # the logins of projects lie beside it
    else:
        call.ctx.secret_admin.put(name, values)
    return json_answer({"name": name, "keys": sorted(values)}, status=status)


def _check_is_installations(values: Mapping[str, str]) -> None:
    if strange := [key for key in values if "." in key]:
        raise HttpError(
            f"the key {strange[0]!r} is none of the installation's; the login of a project's own repository changes "
            "with keptn update project",
            status=400,
        )


def _check_nobody_needs_it(call: Call) -> None:
    if own := [name for name in known.projects(call.ctx) if call.ctx.config_repo.remote(name)]:
        raise HttpError(
            f"the secret 'git' holds the logins of {', '.join(own[:5])}, which go with their projects; "
            "keptn update secret git changes the installation's",
            status=409,
        )


def _existing(call: Call) -> str:
    name = _checked(call.path["name"])
    if name not in call.ctx.secret_admin.names():
        raise Unknown(f"there is no secret {name!r}; see keptn get secret")
    return name


def _checked(name: str) -> str:
    if name == RESERVED:
        raise HttpError("the secret 'api' holds this api's root token; change it where keptn is installed", status=400)
    return name
