# SPDX-License-Identifier: Apache-2.0
"""Places that keep published files, behind one Protocol: folders, web servers, object stores."""
