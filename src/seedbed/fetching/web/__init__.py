# SPDX-License-Identifier: Apache-2.0
"""Web seeds and other HTTP: the protocol without sockets, connections, documents, web seeds at work."""
