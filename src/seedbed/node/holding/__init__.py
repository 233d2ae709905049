# SPDX-License-Identifier: Apache-2.0
"""What a node says that it has, and how that stays true."""
