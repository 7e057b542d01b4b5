"""The published site on S3, with the hashes of what is there in the table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from arxivdaily.adapters import dynamodb
from arxivdaily.adapters.aws import translated_errors
from arxivdaily.errors import ArxivDailyError, PermanentError, TransientError
from arxivdaily.ports import SiteObject

_UPLOADS = 16  # at once
_UNKNOWN = "unknown"  # no hash: of an object that is being replaced


class S3SiteStore:
    """`ports.SiteStore` on a bucket; hashes are items of the table under OBJECTS#scope."""

    def __init__(self, client: Any, bucket: str, table_name: str) -> None:
        self._client = client
        self._bucket = bucket
        self._objects = dynamodb.models(table_name).connect().object

    def published(self, scope: str) -> Mapping[str, str]:
        with dynamodb.translated_errors(f"list what is published of {scope}"):
            items = self._objects.query(f"OBJECTS#{scope}", consistent_read=True)
            return {item.SK: item.sha256 for item in items}

    def publish(self, scope: str, objects: Sequence[SiteObject], replacing: Collection[str] = ()) -> None:
        with dynamodb.translated_errors(f"note what is about to be replaced of {scope}"):
            self._note(scope, dict.fromkeys(replacing, _UNKNOWN))
        with ThreadPoolExecutor(max_workers=_UPLOADS, thread_name_prefix="upload") as pool:
            failures = [error for error in pool.map(self._upload, objects) if error]
        failed = {path for path, _error in failures}
        with dynamodb.translated_errors(f"note what is published of {scope}"):
            self._note(scope, {item.path: item.sha256 for item in objects if item.path not in failed})
        if failures:
            path, error = failures[0]
            kind = TransientError if isinstance(error, TransientError) else PermanentError
            raise kind(f"{len(failures)} of {len(objects)} uploads failed, first {path}: {error}") from error

    def _note(self, scope: str, hashes: Mapping[str, str]) -> None:
        items = [self._objects(f"OBJECTS#{scope}", path, sha256=sha256) for path, sha256 in hashes.items()]
        dynamodb.write_batches(self._objects, put=items)

    def _upload(self, item: SiteObject) -> tuple[str, ArxivDailyError] | None:
        try:
            with translated_errors(f"upload {item.path}"):
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=item.path,
                    Body=item.body,
                    ContentType=item.content_type,
                    CacheControl=item.cache_control,
                )
        except ArxivDailyError as error:
            return item.path, error
        return None
