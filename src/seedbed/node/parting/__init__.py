# SPDX-License-Identifier: Apache-2.0
"""How data is given up, and how a node ends."""
