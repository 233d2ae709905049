# SPDX-License-Identifier: Apache-2.0
"""Templates become pages: in the language of who asks, with what every page shows."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import jinja2
from markupsafe import Markup
from starlette.responses import HTMLResponse

from seedbed.portal.web import numbers
from seedbed.portal.web.words import LANGUAGES, NAMES, Words, choose_language

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response

COOKIE = "lang"


class Pages:
    """Renders templates; everything from outside is escaped unless it was made by us.

    Args:
        title: Of the site.
        version: Of the program: static files are asked for anew when it changes.
    """

    def __init__(self, title: str, version: str = "0") -> None:
        self.words = Words.load()
        self.version = version
        self._site = {"title": title, "version": version}
        self._templates = jinja2.Environment(
            loader=jinja2.PackageLoader("seedbed.portal"),
            autoescape=True,
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def render(
        self,
        request: Request,
        name: str,
        /,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Response:
        """A page.

        Args:
            request: In whose language, and for whom.
            name: Of the template: ``part/name.html``.
            status: Of HTTP.
            headers: More of them.
            **values: What the template shows.
        """
        lang = language_of(request)
        text = self._templates.get_template(name).render(**self._shared(request, lang), **values)
        answer = HTMLResponse(text, status, headers={"Content-Language": lang, "Vary": "Accept-Language, Cookie"})
        answer.headers.update(headers or {})
        return answer

    def _shared(self, request: Request, lang: str) -> dict[str, Any]:
        return {
            "request": request,
            "site": self._site,
            "lang": lang,
            "languages": [(one, NAMES[one], _in_language(request, one)) for one in LANGUAGES],
            "t": partial(self._say, lang),
            "person": getattr(request.state, "person", None),
            "csrf_token": getattr(request.state, "csrf_token", ""),
            "csrf": partial(_csrf, request),
            "size": partial(numbers.size, lang=lang),
            "count": partial(numbers.count, lang=lang),
            "day": partial(numbers.day, lang=lang),
            "moment": numbers.moment,
            "clock": numbers.clock,
        }

    def _say(self, lang: str, key: str, **values: object) -> str:
        return self.words.say(key, lang, **values)


def language_of(request: Request) -> str:
    """In which language a request is answered."""
    asked = request.query_params.get("lang", "")
    return choose_language(asked, request.cookies.get(COOKIE, ""), request.headers.get("accept-language", ""))


def _in_language(request: Request, lang: str) -> str:
    """The same page in another language: a link, for those without scripts."""
    return "?" + request.url.include_query_params(lang=lang).query


def _csrf(request: Request) -> Markup:
    """The first field of a form. A stranger's token is made only here: pages without forms set no cookie."""
    token = request.state.form_token() if hasattr(request.state, "form_token") else ""
    return Markup('<input type="hidden" name="csrf_token" value="{}">').format(token)
