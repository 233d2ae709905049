# SPDX-License-Identifier: Apache-2.0
"""Talking with a node that runs, over a socket of this machine that only its owner may open."""
