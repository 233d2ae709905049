# SPDX-License-Identifier: Apache-2.0
"""Whether the copies that others serve are true: proved by samples, or whole."""
