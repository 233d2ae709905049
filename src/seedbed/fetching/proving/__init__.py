# SPDX-License-Identifier: Apache-2.0
"""Which bytes a piece is, and whether they are the right ones."""
