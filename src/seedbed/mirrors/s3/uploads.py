# SPDX-License-Identifier: Apache-2.0
"""A store's unfinished uploads, one request a method (Amazon S3 API Reference, *CreateMultipartUpload* and the like).

An upload is what a store keeps of a file between the first part and the last: it lasts until it is completed or
aborted, whoever asks, so a push that was killed is gone on with by another process or another machine.
"""

from __future__ import annotations

import base64
import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from seedbed.mirrors.base import failure
from seedbed.mirrors.s3.client import open_client
from seedbed.mirrors.s3.faults import reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from seedbed.mirrors.s3.body import Body
    from seedbed.mirrors.s3.login import Login
    from seedbed.mirrors.s3.place import Place


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was begun."""

    key: str
    """The mirror's."""
    upload_id: str
    wants_checksums: bool = False
    """Whether it is completed only by other checksums of each part than MD5: another program began it."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part that the store has."""

    size_bytes: int
    tag: str
    """Its ETag: the MD5 in hex, unless the store encrypts."""


class Uploads:
    """The requests. Threads may share it."""

    def __init__(self, place: Place, login: Login) -> None:
        self.name = place.name
        self._place, self._login = place, login
        self._lock = threading.Lock()
        self._client: Any = None

    def begin(self, key: str, media_type: str) -> Upload:
        """A new upload."""
        with self._step(key, "the upload cannot be begun"):
            made = self._open().create_multipart_upload(**self._at(key), ContentType=media_type)
            return Upload(key, str(made["UploadId"]))

    def all(self, *, prefix: str = "") -> Iterator[Upload]:
        """Uploads of keys that start with a prefix; the oldest of a key first."""
        with self._step("", "unfinished uploads cannot be listed"):
            pages = self._open().get_paginator("list_multipart_uploads")
            for page in pages.paginate(Bucket=self._place.bucket, Prefix=self._place.prefix + prefix):
                for one in page.get("Uploads", ()):
                    key = str(one["Key"]).removeprefix(self._place.prefix)
                    if key.startswith(prefix):
                        yield Upload(key, str(one["UploadId"]), one.get("ChecksumType") == "COMPOSITE")

    def parts(self, upload: Upload) -> dict[int, Part]:
        """What arrived, by number from 1."""
        with self._step(upload.key, "the parts that were sent cannot be listed"):
            pages = self._open().get_paginator("list_parts")
            found = pages.paginate(**self._at(upload.key), UploadId=upload.upload_id)
            return {
                int(one["PartNumber"]): Part(int(one["Size"]), str(one["ETag"]).strip('"'))
                for page in found
                for one in page.get("Parts", ())
            }

    def send(self, upload: Upload, number: int, body: Body, md5: bytes) -> str:
        """Send a part; its tag."""
        with self._step(upload.key, f"part {number:,} cannot be sent"):
            done = self._open().upload_part(
                **self._at(upload.key),
                UploadId=upload.upload_id,
                PartNumber=number,
                Body=body,
                ContentLength=len(body),
                ContentMD5=base64.b64encode(md5).decode(),
            )
            return str(done["ETag"]).strip('"')

    def complete(self, upload: Upload, tags: Sequence[str], *, has_condition: bool = True) -> str:
        """Make the file of its parts; its tag.

        Args:
            upload: Whose parts all arrived.
            tags: Of the parts, in order.
            has_condition: Whether the store is to refuse when the key is taken (``If-None-Match``).
        """
        condition = {"IfNoneMatch": "*"} if has_condition else {}
        parts = [{"PartNumber": number, "ETag": f'"{tag}"'} for number, tag in enumerate(tags, 1)]
        with self._step(upload.key, "the upload cannot be completed"):
            done = self._open().complete_multipart_upload(
                **self._at(upload.key), UploadId=upload.upload_id, MultipartUpload={"Parts": parts}, **condition
            )
            return str(done.get("ETag", "")).strip('"')

    def abort(self, upload: Upload) -> None:
        """Drop an upload and its parts."""
        with self._step(upload.key, "the unfinished upload cannot be dropped"):
            self._open().abort_multipart_upload(**self._at(upload.key), UploadId=upload.upload_id)

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            client, self._client = self._client, None
        if client is not None:
            client.close()

    def _open(self) -> Any:
        with self._lock:
            if self._client is None:
                self._client = open_client(self._place, self._login)
            return self._client

    def _at(self, key: str) -> dict[str, str]:
        return {"Bucket": self._place.bucket, "Key": self._place.object_key(key)}

    @contextlib.contextmanager
    def _step(self, key: str, what: str) -> Iterator[None]:
        """Tell a failure in our words; the original stays behind, for what it may repeat of the request.

        Raises:
            SourceError: ``data['code']`` is the store's code.
        """
        status = code = ""
        try:
            yield
        except ClientError as error:
            status = str(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", ""))
            code = str(error.response.get("Error", {}).get("Code", ""))
        except BotoCoreError:
            pass
        else:
            return
        why = reason(status, code, is_anonymous=self._login.is_anonymous)
        told = failure(self.name, key, f"{what}: {why.what}", hint=why.hint, is_passing=why.is_passing)
        told.data["code"] = code if code in why.what else status
        raise told from None
