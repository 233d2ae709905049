# SPDX-License-Identifier: Apache-2.0
"""What was decided is done: uploads are published, versions withdrawn and put back, by the commands that people use."""
