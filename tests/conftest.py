# SPDX-License-Identifier: Apache-2.0
"""What every test may rely on."""

from __future__ import annotations

import contextlib
import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell leaves it for what it starts in the background
    with contextlib.suppress(ValueError):  # not in the main thread
        signal.signal(signal.SIGINT, signal.default_int_handler)
