# SPDX-License-Identifier: Apache-2.0
"""Who fetches which pieces: the plan, its queue, and the desk where threads ask it."""
