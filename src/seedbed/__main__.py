# SPDX-License-Identifier: Apache-2.0
"""``python -m seedbed``: the same as the command ``seedbed``."""

from seedbed.cli.main import run

run()
