# SPDX-License-Identifier: Apache-2.0
"""``seedbed cache``: what was fetched from catalogues, and the room it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from seedbed.cli import output, progress
from seedbed.errors import DataError, NotFoundError

if TYPE_CHECKING:
    from seedbed.catalog.ids import Ref
    from seedbed.hashing.job import Progress
    from seedbed.library.cache import Cache, Snapshot


@click.group()
def cache() -> None:
    """See, check and clear what was fetched from catalogues.

    Each content is kept once, whatever versions it is in. SEEDBED_CACHE moves the cache to another disk.
    """


@cache.command("ls")
@output.json_option
@output.quiet_option
def ls() -> None:
    """List the versions in the cache, and what each alone takes."""
    found = _cache()
    snapshots = found.snapshots()
    begun = found.begun()
    lines = [_line(one) for one in snapshots] or ([] if begun else ["The cache is empty."])
    lines += [
        f"{ref!s:<40} {output.size(size):>9}  begun; seedbed fetch goes on with it" for ref, size in begun.items()
    ]
    shared = len({one.ref.dataset for one in snapshots}) < len(snapshots)
    head = f"{'version':<40} {'size':>9} {'alone':>9}"
    note = ["'alone' is what its removal frees: bytes that no other version shares."] if shared else []
    facts = {
        "folder": str(found.folder),
        "snapshots": [_facts(one) for one in snapshots],
        "begun": [{"id": str(ref), "bytes": size} for ref, size in begun.items()],
    }
    output.result(facts, "\n".join([str(found.folder), *([head] if snapshots else []), *lines, *note]))


@cache.command("rm")
@click.argument("which", metavar="ID[@VERSION]…", nargs=-1, required=True)
@output.json_option
@output.quiet_option
def rm(which: tuple[str, ...]) -> None:
    """Remove versions from the cache; without a version all of the dataset's."""
    from seedbed.catalog.ids import parse_ref  # noqa: PLC0415  # imports stay inside: --help must be quick

    found = _cache()
    chosen: list[Ref] = []
    begun = found.begun()
    known = [*(one.ref for one in found.snapshots()), *begun]
    for ref in map(parse_ref, which):
        named = [one for one in known if one.dataset == ref.dataset and ref.version in {"", one.version}]
        if not named:
            raise NotFoundError(f"{ref}: it is not in the cache", hint="seedbed cache ls lists what is.")
        chosen += named
    freed = sum(found.remove(one) + begun.get(one, 0) for one in dict.fromkeys(chosen))
    names = list(dict.fromkeys(map(str, chosen)))
    output.result({"removed": names, "freed_bytes": freed}, f"Removed {', '.join(names)}: {output.size(freed)} freed.")


@cache.command("verify")
@output.json_option
@output.quiet_option
def verify() -> None:
    """Hash everything in the cache again; ends with 11 when something is wrong."""
    from seedbed.library import inspect  # noqa: PLC0415  # imports stay inside: --help must be quick

    found = _cache()
    with progress.bar("Checking") as report:

        def tell(state: Progress) -> None:
            report(state.bytes_done, state.bytes_total, "")

        verdicts = list(inspect.verify(found, tell))
    wrong = [one for one in verdicts if not one.is_good]
    facts = {
        "versions": len(verdicts),
        "wrong": [{"id": str(one.snapshot.ref), "paths": list(one.bad_paths), "problem": one.problem} for one in wrong],
    }
    if wrong:
        lines = "".join(f"\n  {one.snapshot.ref}: {one.problem or ', '.join(one.bad_paths)}" for one in wrong)
        hint = "seedbed cache rm removes it, seedbed fetch gets it again."
        raise DataError(f"{len(wrong)} of {len(verdicts)} versions in the cache are wrong:{lines}", hint=hint, **facts)
    output.result(facts, f"{len(verdicts)} version{'' if len(verdicts) == 1 else 's'} in the cache: all right.")


def _cache() -> Cache:
    from seedbed.api.home import Home  # noqa: PLC0415
    from seedbed.library.cache import Cache  # noqa: PLC0415

    return Cache(Home.of_environment().cache)


def _line(one: Snapshot) -> str:
    part = "" if one.kept.is_whole else f"  ({len(one.kept.sizes):,} files of it)"
    return f"{one.ref!s:<40} {output.size(one.size_bytes):>9} {output.size(one.own_bytes):>9}{part}"


def _facts(one: Snapshot) -> dict[str, object]:
    return {
        "id": str(one.ref),
        "root": str(one.folder / one.kept.root),
        "size_bytes": one.size_bytes,
        "own_bytes": one.own_bytes,
        "files": len(one.kept.sizes),
        "is_whole": one.kept.is_whole,
    }
