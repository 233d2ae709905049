# SPDX-License-Identifier: Apache-2.0
"""The index file: a row for each version, its whole item beside it, and the words of each dataset's newest version.

It holds nothing that the catalogue does not: whoever deletes it loses a minute. SQLite, also where the portal's own
database is PostgreSQL: it is a file of one machine, made from a file.
"""

from __future__ import annotations

VERSION = 4
"""Of these tables; another version's file is made anew."""

TABLES = """
create table if not exists about (name text primary key, value text not null) strict;
create table if not exists entries (
    place integer primary key,
    id text not null unique,
    mark text not null,
    dataset text not null,
    version text not null,
    version_seq integer not null,
    is_latest integer not null,
    status text not null,
    title text not null,
    summary text not null,
    collection text not null,
    license text not null,
    doi text not null,
    info_hash_v1 text not null,
    info_hash_v2 text not null,
    size_bytes integer not null,
    file_count integer not null,
    mirror_count integer not null,
    threat text not null,
    published_s real not null,
    updated_s real not null,
    start_s real not null,
    end_s real not null,
    west real not null,
    south real not null,
    east real not null,
    north real not null,
    has_place integer not null,
    keywords text not null
) strict;
create index if not exists entries_dataset on entries (dataset, version_seq);
create index if not exists entries_recent on entries (
    is_latest, published_s desc, status, collection, license, threat, has_place, south, north, west, east,
    start_s, end_s, size_bytes
);
create index if not exists entries_collection on entries (collection, is_latest, published_s desc);
create index if not exists entries_facets on entries (place, collection, license, threat);
create index if not exists entries_v1 on entries (info_hash_v1);
create index if not exists entries_v2 on entries (info_hash_v2);
create index if not exists entries_doi on entries (doi);
create table if not exists items (id text primary key, item blob not null) strict, without rowid;
create table if not exists files (id text primary key, rows blob not null) strict, without rowid;
create table if not exists tags (
    place integer not null, tag text not null, primary key (tag, place)
) strict, without rowid;
create index if not exists tags_place on tags (place);
create virtual table if not exists words using fts5 (
    title, dataset, keywords, description, others,
    tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4'
);
"""
WEIGHTS = (10.0, 6.0, 5.0, 1.0, 2.0)
"""Of a word in title, name, keywords, description, translations (bm25)."""
