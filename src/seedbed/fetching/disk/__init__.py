# SPDX-License-Identifier: Apache-2.0
"""What is kept on disk: found again, written, made durable, put in its place."""
