# SPDX-License-Identifier: Apache-2.0
"""People: who they are, what they may do, how they prove it, and what was done by whom."""
