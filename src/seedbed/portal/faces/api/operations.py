# SPDX-License-Identifier: Apache-2.0
"""What an operation is: an address, what it takes and gives, and who answers. Routes and OpenAPI come from these."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping

    from seedbed.portal.faces.answers import Answer

Schema: TypeAlias = "Mapping[str, Any]"
Place: TypeAlias = Literal["query", "path", "header"]
JSON = "application/json"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value that a request gives."""

    name: str
    meaning: str
    schema: Schema
    place: Place = "query"
    example: Any = None

    @property
    def is_required(self) -> bool:
        """What stands in the path always is."""
        return self.place == "path"


@dataclass(frozen=True, slots=True)
class Body:
    """What is sent."""

    media_type: str
    schema: Schema


@dataclass(frozen=True, slots=True)
class Operation:
    """One."""

    name: str
    """Unique: ``operationId``."""
    path: str
    """As OpenAPI and Starlette both write it."""
    summary: str
    """One sentence, for people."""
    tag: str
    answer: Answer | None = None
    """Who answers a reading; None where another part of the portal has the route."""
    method: str = "GET"
    parameters: tuple[Parameter, ...] = ()
    gives: Mapping[str, Schema] = field(default_factory=dict)
    """Media type -> schema of the answer; empty for an answer without a body."""
    takes: Body | None = None
    status: int = 200
    """Of the answer when all is well."""
    refusals: tuple[int, ...] = (400, 404)
    needs: str = ""
    """Scope or role of the token; empty for nobody in particular."""
    more: str = ""
    """Further sentences."""
