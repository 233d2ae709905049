# SPDX-License-Identifier: Apache-2.0
"""DCAT 3 (W3C Recommendation of 2024-08-22) as Turtle, JSON-LD, RDF/XML and N-Triples."""
