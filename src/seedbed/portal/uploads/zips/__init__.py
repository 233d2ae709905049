# SPDX-License-Identifier: Apache-2.0
"""Archives of strangers: judged byte by byte before anything of them is unpacked, unpacked only in a child."""
