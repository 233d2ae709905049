# SPDX-License-Identifier: Apache-2.0
"""The other side of a portal: files of this machine are sent to it by tus."""
