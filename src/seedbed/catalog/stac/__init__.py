# SPDX-License-Identifier: Apache-2.0
"""Releases as STAC 1.1 items and back, pure: see ``docs/spec/stac.md``."""
