# SPDX-License-Identifier: Apache-2.0
"""Fakes and suites for those who build on seedbed."""
