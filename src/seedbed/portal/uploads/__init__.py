# SPDX-License-Identifier: Apache-2.0
"""People give data: received, kept apart, checked, described, handed over."""
