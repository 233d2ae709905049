# SPDX-License-Identifier: Apache-2.0
"""Licences of open data by their SPDX identifiers, and what people write instead."""

from __future__ import annotations

import difflib
import re

OTHER = "other"
"""A licence without an SPDX identifier; its text is behind a link (STAC 1.1, *license*)."""
SUGGESTED = "CC-BY-4.0, CC0-1.0, ODbL-1.0, PDDL-1.0, OGL-UK-3.0, OGL-Canada-2.0"
KNOWN = (
    "AGPL-3.0-only", "AGPL-3.0-or-later", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "C-UDA-1.0",
    "CC-BY-1.0", "CC-BY-2.0", "CC-BY-2.5", "CC-BY-3.0", "CC-BY-3.0-AT", "CC-BY-3.0-AU", "CC-BY-3.0-DE",
    "CC-BY-3.0-IGO", "CC-BY-3.0-NL", "CC-BY-3.0-US", "CC-BY-4.0", "CC-BY-NC-2.0", "CC-BY-NC-2.5", "CC-BY-NC-3.0",
    "CC-BY-NC-4.0", "CC-BY-NC-ND-3.0", "CC-BY-NC-ND-4.0", "CC-BY-NC-SA-2.0", "CC-BY-NC-SA-2.5", "CC-BY-NC-SA-3.0",
    "CC-BY-NC-SA-3.0-IGO", "CC-BY-NC-SA-4.0", "CC-BY-ND-3.0", "CC-BY-ND-4.0", "CC-BY-SA-2.0", "CC-BY-SA-2.5",
    "CC-BY-SA-3.0", "CC-BY-SA-3.0-DE", "CC-BY-SA-3.0-IGO", "CC-BY-SA-4.0", "CC-PDDC", "CC0-1.0",
    "CDLA-Permissive-1.0", "CDLA-Permissive-2.0", "CDLA-Sharing-1.0", "DL-DE-BY-2.0", "DL-DE-ZERO-2.0", "EUPL-1.2",
    "etalab-2.0", "FSFAP", "GFDL-1.2-only", "GFDL-1.3-only", "GFDL-1.3-or-later", "GPL-2.0-only", "GPL-2.0-or-later",
    "GPL-3.0-only", "GPL-3.0-or-later", "ISC", "LGPL-3.0-only", "LGPL-3.0-or-later", "MIT", "MIT-0", "MPL-2.0",
    "NCGL-UK-2.0", "NIST-PD", "NLOD-1.0", "NLOD-2.0", "O-UDA-1.0", "ODbL-1.0", "ODC-By-1.0", "OGC-1.0",
    "OGL-Canada-2.0", "OGL-UK-1.0", "OGL-UK-2.0", "OGL-UK-3.0", "OGDL-Taiwan-1.0", "OPL-UK-3.0", "PDDL-1.0",
    "Unlicense", "WTFPL", "Zlib",
)  # fmt: skip
_BY_FOLDED = {name.casefold(): name for name in KNOWN}
_OTHER_NAMES = {
    "cc-zero": "CC0-1.0", "cc0": "CC0-1.0", "odc-odbl": "ODbL-1.0", "odbl": "ODbL-1.0", "odc-pddl": "PDDL-1.0",
    "odc-pddl-1.0": "PDDL-1.0", "pddl": "PDDL-1.0", "odc-by": "ODC-By-1.0", "uk-ogl": "OGL-UK-3.0",
    "ca-ogl-lgo": "OGL-Canada-2.0", "lov2": "etalab-2.0", "fr-lo": "etalab-2.0", "dl-de-by-2.0": "DL-DE-BY-2.0",
    "dl-de/by-2-0": "DL-DE-BY-2.0", "dl-de/zero-2-0": "DL-DE-ZERO-2.0",
}  # fmt: skip
"""What CKAN portals and data packages call licences of which there is one version, or a last one."""
_CREATIVE_COMMONS = re.compile(r"creativecommons\.org/(licenses|publicdomain)/([a-z-]+)/(\d\.\d)", re.IGNORECASE)


def spdx_of(text: str) -> str:
    """The identifier of a licence.

    Args:
        text: An identifier in any case, a name that portals use, or the URL of a Creative Commons licence.

    Raises:
        ValueError: it is none that we know; says what comes near.
    """
    folded = text.strip().casefold()
    if folded == OTHER or re.fullmatch(r"licenseref-[a-z0-9.-]+", folded):
        return text.strip() if folded != OTHER else OTHER
    found = _BY_FOLDED.get(folded) or _OTHER_NAMES.get(folded) or _of_url(folded)
    if found:
        return found
    near = difflib.get_close_matches(folded, _BY_FOLDED, 3, cutoff=0.6)
    hint = f"did you mean {' or '.join(_BY_FOLDED[one] for one in near)}?" if near else f"such as {SUGGESTED}"
    raise ValueError(f"expected an SPDX identifier, or 'other' with a license_url, got {text[:60]!r}; {hint}")


def _of_url(text: str) -> str:
    match = _CREATIVE_COMMONS.search(text)
    if not match:
        return ""
    name = "cc0" if match[2] == "zero" else f"cc-{match[2]}"
    return _BY_FOLDED.get(f"{name}-{match[3]}", "")
