# SPDX-License-Identifier: Apache-2.0
"""Zenodo, and any other InvenioRDM: a version is a record with a DOI, public for good."""
