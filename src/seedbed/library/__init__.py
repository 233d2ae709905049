# SPDX-License-Identifier: Apache-2.0
"""Releases on this machine: found in the catalogue, fetched once, kept by their content."""
