# SPDX-License-Identifier: Apache-2.0
"""The whole API against its own description: schemathesis asks what it allows, and what it does not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import checks

from seedbed.portal.app import build
from seedbed.portal.faces.api import openapi
from seedbed.portal.faces.routes import OPERATIONS
from seedbed.portal.opening import opened
from seedbed.portal.settings import Settings
from tests.portals import small_catalog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from seedbed.portal.faces.api.operations import Operation

EXAMPLES = 8
"""Of each operation, of what is allowed and of what is not: some 40 of them."""
URL = "http://portal.test"
GOOD, BAD = schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE
CHOOSY = tuple(one for one in OPERATIONS if one.takes or any(each.place == "query" for each in one.parameters))
"""Those to which nonsense can be said."""


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The description, and the application that it is of."""
    folder = tmp_path_factory.mktemp("portal")
    small_catalog(folder / "catalog")
    with opened(Settings(folder, URL)) as portal:
        portal.shelf.refresh()
        yield schemathesis.openapi.from_asgi("/api/v1/openapi.json", build(portal))


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(_context: object, value: object) -> bytes:
    """Bytes of a file: whatever was drawn."""
    return value if isinstance(value, bytes) else repr(value).encode()


@pytest.mark.parametrize(
    ("one", "mode"),
    [(one, GOOD) for one in OPERATIONS] + [(one, BAD) for one in CHOOSY],
    ids=lambda one: getattr(one, "name", ""),
)
def test_what_is_described_is_what_is_answered(api: Any, one: Operation, mode: schemathesis.GenerationMode) -> None:
    """No failure of ours whatever is asked; statuses, kinds and shapes as described; readings need no key."""
    known = [checks.not_a_server_error]
    if one.answer:
        known += [checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance]

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(api[one.path][one.method].as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        case.call_and_validate(checks=known)

    asked()


def test_the_description_is_read_by_others() -> None:
    """Every operation is there for schemathesis."""
    made = openapi.document(Settings(None, URL), "1", OPERATIONS)  # type: ignore[arg-type]  # no folder is looked at
    found = schemathesis.openapi.from_dict(made)

    assert sum(1 for _ in found.get_all_operations()) == len(OPERATIONS)
