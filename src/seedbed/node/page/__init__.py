# SPDX-License-Identifier: Apache-2.0
"""A page on this machine that shows its owner what the node does, and numbers for Prometheus beside it."""
