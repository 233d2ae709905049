# SPDX-License-Identifier: Apache-2.0
"""Bytes of strangers come in: by tus, by a plain form; written, hashed once, and only then acknowledged."""
