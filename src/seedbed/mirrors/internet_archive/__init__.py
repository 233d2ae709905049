# SPDX-License-Identifier: Apache-2.0
"""The Internet Archive: a version is an item, public as soon as the archive has taken it in."""
