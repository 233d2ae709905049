# SPDX-License-Identifier: Apache-2.0
"""What people decide about data: the queue, reports, takedown, appeal; and the jobs that follow from it."""
