"""What this installation is."""

from __future__ import annotations

import keptn
from keptn.api.call import Call
from keptn.web import Answer, json_answer


def authenticate(call: Call) -> Answer:
    """The token is right: the routes were reached. What it may do."""
    who = call.principal
    return json_answer({"token": who.name, "role": str(who.role or who.name), "project": who.project})


def metadata(call: Call) -> Answer:
    settings = call.ctx.settings
    return json_answer(
        {
            "keptnversion": keptn.__version__,
            "publicurl": settings.function_url("api"),
            "bridgeurl": settings.function_url("bridge"),
            "platform": settings.platform,
            "configrepo": settings.config_repo,
        }
    )
