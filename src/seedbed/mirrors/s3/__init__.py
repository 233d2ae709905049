# SPDX-License-Identifier: Apache-2.0
"""Any S3 object store as a mirror; Source Cooperative is one."""
