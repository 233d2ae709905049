# SPDX-License-Identifier: Apache-2.0
"""The operations that other parts of the portal have: described here, answered there.

A test looks at every route of the portal below ``/api/``: none is missing here, none is here that is not there.
"""

from __future__ import annotations

from seedbed.portal.faces.api import shapes
from seedbed.portal.faces.api.operations import JSON, Body, Operation, Parameter, Schema
from seedbed.portal.uploads.drafts import KINDS

UPLOAD = Parameter("upload", "Of an upload.", shapes.TEXT, "path")
FILE = Parameter("file", "Of a file of the upload.", shapes.TEXT, "path")
REPORT = Parameter("report", "Of a report.", shapes.TEXT, "path")
TOKEN = Parameter("token", "Of a token: its id, never its secret.", shapes.TEXT, "path")
BEARER = (401, 403)
_OBJECT: Schema = {"type": "object"}
_TUS = Parameter("Tus-Resumable", "The version of tus.", {"const": "1.0.0"}, "header", "1.0.0")
_OFFSET = Parameter("Upload-Offset", "How many bytes are there already.", shapes.COUNT, "header")
_WISHES: Schema = {
    "type": "object",
    "properties": {
        "kind": shapes.one_of(*KINDS),
        "name": shapes.TEXT,
        "organisation": shapes.TEXT,
        "files": shapes.many(shapes.shape(path=shapes.TEXT, length=shapes.COUNT)),
        "urls": shapes.many(shapes.TEXT),
        "metadata": {"type": "object"},
    },
}
_VERDICT: Schema = {
    "type": "object",
    "required": ["verdict"],
    "properties": {
        "verdict": shapes.one_of("approved", "refused", "called-back"),
        "reasons": shapes.many(shapes.TEXT), "text": shapes.TEXT,
    },
}  # fmt: skip
_REPORT: Schema = {
    "type": "object",
    "required": ["kind", "text"],
    "properties": {"item": shapes.TEXT, "kind": shapes.TEXT, "text": shapes.TEXT, "contact": shapes.TEXT},
}
_UPLOADS, _ONE = "/api/v1/uploads", "/api/v1/uploads/{upload}"
_QUEUE, _REPORTS = "/api/v1/review/uploads", "/api/v1/reports"


def _read(name: str, path: str, summary: str, tag: str, needs: str, *parameters: Parameter) -> Operation:
    return Operation(name, path, summary, tag, parameters=parameters, gives={JSON: _OBJECT}, needs=needs,
                     refusals=(*BEARER, 404))  # fmt: skip


def _move(name: str, path: str, summary: str) -> Operation:
    """A step of an upload from one state to another."""
    return Operation(name, path, summary, "uploads", method="POST", parameters=(UPLOAD,), gives={JSON: _OBJECT},
                     status=202, refusals=(400, *BEARER, 404, 409), needs="upload")  # fmt: skip


GIVING = (
    _read("listUploads", _UPLOADS, "One's own uploads.", "uploads", "upload"),
    Operation(
        "beginUpload", _UPLOADS, "Begin an upload.", "uploads", method="POST", takes=Body(JSON, _WISHES),
        gives={JSON: _OBJECT}, status=201, refusals=(400, *BEARER, 413, 429), needs="upload",
    ),
    _read("getUpload", _ONE, "An upload, with its files, findings and history.", "uploads", "upload", UPLOAD),
    Operation(
        "withdrawUpload", _ONE, "Withdraw an upload.", "uploads", method="DELETE", parameters=(UPLOAD,), status=204,
        refusals=(*BEARER, 404, 409), needs="upload",
    ),
    Operation(
        "describeUpload", f"{_ONE}/metadata", "Say what the data is; the answer has every fault.", "uploads",
        method="PUT", parameters=(UPLOAD,), takes=Body(JSON, _OBJECT), gives={JSON: _OBJECT},
        refusals=(400, *BEARER, 404, 409, 413), needs="upload",
    ),
    _move("submitUpload", f"{_ONE}/submit", "Hand it in: it is checked, then reviewed."),
    _move("checkUpload", f"{_ONE}/check", "Have it checked without handing it in."),
    _move("reopenUpload", f"{_ONE}/reopen", "Make a draft of it again."),
    Operation(
        "beginFile", f"{_ONE}/files", "A new file, by tus 1.0 (creation).", "uploads", method="POST",
        parameters=(
            UPLOAD, _TUS, Parameter("Upload-Length", "Bytes of the whole file.", shapes.COUNT, "header"),
            Parameter("Upload-Metadata", "path, and its value in base64.", shapes.TEXT, "header"),
        ),
        status=201, refusals=(400, *BEARER, 404, 409, 413), needs="upload",
        more="The header Location is where the bytes go.",
    ),
    Operation(
        "askFile", f"{_ONE}/files/{{file}}", "How far a file is.", "uploads", method="HEAD",
        parameters=(UPLOAD, FILE, _TUS), refusals=(*BEARER, 404), needs="upload",
    ),
    Operation(
        "sendBytes", f"{_ONE}/files/{{file}}", "Bytes of a file, from where it is on.", "uploads", method="PATCH",
        parameters=(UPLOAD, FILE, _TUS, _OFFSET),
        takes=Body("application/offset+octet-stream", {"type": "string", "format": "binary"}), status=204,
        refusals=(400, *BEARER, 404, 409, 413, 415, 423, 460), needs="upload",
    ),
    Operation(
        "removeFile", f"{_ONE}/files/{{file}}", "Remove a file of a draft.", "uploads", method="DELETE",
        parameters=(UPLOAD, FILE, _TUS), status=204, refusals=(*BEARER, 404, 409), needs="upload",
    ),
)  # fmt: skip

ACCOUNTS = (
    _read("getMe", "/api/v1/me", "Who asks, with roles, organisations and room.", "accounts", "any"),
    _read("listTokens", "/api/v1/tokens", "One's own tokens, without their secrets.", "accounts", "any"),
    Operation(
        "makeToken", "/api/v1/tokens", "A new token; only within a session, not by another token.", "accounts",
        method="POST", gives={JSON: _OBJECT}, status=201, refusals=(400, *BEARER),
        takes=Body(JSON, {
            "type": "object", "required": ["name", "scopes"],
            "properties": {"name": shapes.TEXT, "scopes": shapes.many(shapes.TEXT), "days": {"type": "integer"}},
        }),
    ),
    Operation(
        "endToken", "/api/v1/tokens/{token}", "End a token.", "accounts", method="DELETE", parameters=(TOKEN,),
        status=204, refusals=(*BEARER, 404), needs="any",
    ),
)  # fmt: skip

REVIEW = (
    _read("listQueue", _QUEUE, "What waits for a reviewer.", "review", "review",
          Parameter("state", "Those in another state.", shapes.TEXT)),
    _read("getSubmission", f"{_QUEUE}/{{upload}}", "One, with what a decision needs.", "review", "review", UPLOAD),
    _read("listDecisions", f"{_QUEUE}/{{upload}}/decisions", "What was decided.", "review", "review", UPLOAD),
    Operation(
        "decide", f"{_QUEUE}/{{upload}}/decisions", "Decide about an upload.", "review", method="POST",
        parameters=(UPLOAD,), takes=Body(JSON, _VERDICT), gives={JSON: _OBJECT}, status=201,
        refusals=(400, *BEARER, 404, 409), needs="review",
    ),
    _read("listReports", _REPORTS, "Reports that wait for a reviewer.", "review", "review",
          Parameter("state", "Those in another state.", shapes.TEXT)),
    Operation(
        "fileReport", _REPORTS, "Report a dataset; no account is needed.", "review", method="POST",
        takes=Body(JSON, _REPORT), gives={JSON: _OBJECT}, status=201, refusals=(400, 404, 429),
    ),
    Operation("getReport", f"{_REPORTS}/{{report}}", "One report, for whoever has its id.", "review",
              parameters=(REPORT,), gives={JSON: _OBJECT}, refusals=(404,)),
    Operation(
        "moderate", f"{_REPORTS}/{{report}}/decisions", "Dismiss a report, take a version down, or put it back.",
        "review", method="POST", parameters=(REPORT,), gives={JSON: _OBJECT}, status=201,
        takes=Body(JSON, {"type": "object", "properties": {"action": shapes.TEXT, "reason": shapes.TEXT}}),
        refusals=(400, *BEARER, 404, 409), needs="review",
    ),
    Operation(
        "appeal", f"{_REPORTS}/{{report}}/appeal", "Appeal, by who gave the data.", "review", method="POST",
        parameters=(REPORT,), takes=Body(JSON, {"type": "object", "properties": {"text": shapes.TEXT}}),
        gives={JSON: _OBJECT}, status=201, refusals=(400, *BEARER, 404, 409, 429), needs="any",
    ),
    _read("getLog", "/api/v1/log", "The audit log, newest first; for admins.", "review", "admin",
          Parameter("before", "Only lines older than this one.", shapes.COUNT)),
)  # fmt: skip

OPERATIONS: tuple[Operation, ...] = (*GIVING, *ACCOUNTS, *REVIEW)
