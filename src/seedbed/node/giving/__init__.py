# SPDX-License-Identifier: Apache-2.0
"""What a volunteer gives, and how a node keeps within it."""
