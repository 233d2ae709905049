# SPDX-License-Identifier: Apache-2.0
"""Open data that cannot go offline."""
