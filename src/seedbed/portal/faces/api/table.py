# SPDX-License-Identifier: Apache-2.0
"""The readings of the JSON API: one row each. Routes, OpenAPI and the page for programs are made from this table."""

from __future__ import annotations

from seedbed.portal.faces.api import answering, shapes
from seedbed.portal.faces.api.operations import JSON, Operation, Parameter
from seedbed.portal.faces.lists import generate

DATASET = Parameter("dataset", "The dataset's name.", shapes.TEXT, "path", "lakes")
VERSION = Parameter("version", "The version's name.", shapes.TEXT, "path", "2024-05-01")
PAGE = Parameter("page", "Which page, from 1.", {"type": "integer", "minimum": 1, "maximum": answering.MAX_PAGE})
LIMIT = Parameter("limit", "How many on a page.", {"type": "integer", "minimum": 1, "maximum": answering.MAX_LIMIT})
_MOMENT = "A year, a month or a day: 2024, 2024-05, 2024-05-01."
SEARCH = (
    Parameter("q", "Words; all must be there, the last one as a beginning.", shapes.TEXT, example="lakes"),
    Parameter("collection", "Only of this collection.", shapes.TEXT),
    Parameter("license", "Only with this SPDX licence.", shapes.TEXT, example="CC-BY-4.0"),
    Parameter("threat", "Only with this threat to the source.", shapes.TEXT, example="at-risk"),
    Parameter("tag", "Only with this keyword.", shapes.TEXT),
    Parameter(
        "bbox", "Only what meets this box: west,south,east,north in degrees.", shapes.TEXT, example="-114,53,-113,54"
    ),
    Parameter("from", f"About this time or later. {_MOMENT}", shapes.TEXT),
    Parameter("to", f"About this time or earlier. {_MOMENT}", shapes.TEXT),
    Parameter("order", "The best first, unless given.", shapes.one_of("", "recent", "title", "size")),
    Parameter("versions", "Only the newest of each dataset, or all.", shapes.one_of("newest", "all")),
)
_DATASETS, _VERSIONS = "/api/v1/datasets", "/api/v1/datasets/{dataset}/versions"
_HASH = Parameter(
    "info_hash", "40 or 64 hex digits.", {"type": "string", "pattern": "^[0-9a-fA-F]{40}([0-9a-fA-F]{24})?$"}, "path"
)

READS = (
    Operation(
        "searchDatasets", _DATASETS, "Search datasets.", "datasets", answering.datasets,
        parameters=(*SEARCH, PAGE, LIMIT), gives={JSON: shapes.ref("Datasets")}, refusals=(400,),
        more="Neighbouring pages stand in the header Link. Withdrawn versions are not found.",
    ),
    Operation(
        "getDataset", f"{_DATASETS}/{{dataset}}", "One dataset with all its versions.", "datasets",
        answering.dataset,
        parameters=(DATASET,), gives={JSON: shapes.ref("Dataset")}, refusals=(404,),
    ),
    Operation(
        "listVersions", _VERSIONS, "The versions of a dataset, the newest first.", "datasets",
        answering.versions,
        parameters=(DATASET,), gives={JSON: shapes.ref("Versions")}, refusals=(404,),
    ),
    Operation(
        "getVersion", f"{_VERSIONS}/{{version}}", "One version.", "datasets", answering.version,
        parameters=(DATASET, VERSION), gives={JSON: shapes.ref("Version")}, refusals=(404,),
        more="A withdrawn version has status and reason, but neither torrent nor mirrors.",
    ),
    Operation(
        "listFiles", f"{_VERSIONS}/{{version}}/files", "The files of a version.", "datasets", answering.files,
        parameters=(
            DATASET, VERSION,
            Parameter("after", "How many to pass over.", {"type": "integer", "minimum": 0, "maximum": 10**9}),
            Parameter("limit", "How many.", {"type": "integer", "minimum": 1, "maximum": answering.MAX_FILES_LIMIT}),
            Parameter("format", "A page, or all files.", shapes.one_of("json", "ndjson", "csv")),
        ),
        gives={JSON: shapes.ref("Files"), "application/x-ndjson": shapes.TEXT, "text/csv": shapes.TEXT},
        refusals=(400, 404, 410),
    ),
    Operation(
        "getHealth", f"{_VERSIONS}/{{version}}/health", "How many copies there are, and were.", "health",
        answering.health,
        parameters=(DATASET, VERSION), gives={JSON: shapes.ref("Health")}, refusals=(404, 410),
    ),
    Operation(
        "listWorst", "/api/v1/health", "Versions that were looked at, the worst first.", "health", answering.worst,
        parameters=(PAGE, LIMIT), gives={JSON: shapes.ref("Worst")}, refusals=(400,),
    ),
    Operation(
        "listCollections", "/api/v1/collections", "The collections.", "datasets", answering.collections,
        gives={JSON: shapes.ref("Collections")}, refusals=(),
    ),
    Operation(
        "getStats", "/api/v1/stats", "Numbers of the whole catalogue.", "health", answering.stats,
        gives={JSON: shapes.ref("Stats")}, refusals=(),
    ),
    Operation(
        "findTorrent", "/api/v1/torrents/{info_hash}", "The version with an info-hash.", "datasets", answering.by_hash,
        parameters=(_HASH,), status=302, refusals=(404,),
    ),
    Operation(
        "generateTorrents", "/generate_torrents", "What is needed most and fits into a space.", "lists",
        generate.generate,
        parameters=(
            Parameter("max_tb", "Terabytes that you can give.", {"type": "number", "exclusiveMinimum": 0}, example=0.5),
            Parameter("max", "The same as a size: 500G.", shapes.TEXT),
            Parameter("format", "zip has the .torrent files, txt magnet links.", shapes.one_of(*generate.FORMATS)),
            Parameter("limit", "At most so many.", {"type": "integer", "minimum": 1, "maximum": generate.MAX_LIMIT}),
            Parameter("seed", "Shuffles what is needed equally: give a word of your own.", shapes.TEXT),
        ),
        gives={JSON: shapes.ref("Needed"), **dict.fromkeys(("text/csv", "text/plain", "application/zip"), shapes.TEXT)},
        refusals=(400,),
    ),
)  # fmt: skip
