"""The real sentence encoder, on made-up abstracts and a few of the committed channels."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from arxivdaily.adapters import minilm
from arxivdaily.adapters.channel_file import load_catalogue
from arxivdaily.adapters.minilm import DIMENSIONS, MiniLmEncoder
from arxivdaily.classification.embedded import EmbeddedClassifier
from arxivdaily.domain.channels import Catalogue, Group
from arxivdaily.domain.papers import AnnounceType, Paper
from arxivdaily.errors import ConfigurationError
from arxivdaily.ports import ClassifyAnswer

CHANNELS = Path(__file__).parents[2] / "functions" / "channels.toml"
FEW = ("image-generation", "robotics-embodied", "speech-recognition", "recsys", "algorithms", "databases")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> MiniLmEncoder:
    return MiniLmEncoder(tmp_path_factory.mktemp("vectors"))


def test_vectors_are_unit_length_and_do_not_depend_on_their_neighbours(encoder: MiniLmEncoder) -> None:
    texts = ["A robot grasps a cup.", "", "A robotic hand picks up a mug.", "Prices fell. " * 5000]
    vectors = encoder.encode(texts)
    assert vectors.shape == (4, DIMENSIONS)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    np.testing.assert_array_equal(encoder.encode(texts[2:3])[0], vectors[2])
    assert vectors[0] @ vectors[2] > 0.5 > vectors[0] @ vectors[3]


def test_made_up_papers_find_their_channels(encoder: MiniLmEncoder) -> None:
    whole = load_catalogue(CHANNELS)
    channels = tuple(channel for channel in whole if channel.slug in FEW)
    catalogue = Catalogue((Group("few", "几个", "Few", channels),), whole.version)
    classifier = EmbeddedClassifier(encoder, catalogue)
    papers = [
        (
            "A Gate for Latent Diffusion",
            "We change how a diffusion transformer denoises and draw sharper images.",
        ),
        (
            "Folding Towels with Two Arms",
            "A bimanual robot learns manipulation from teleoperated demonstrations.",
        ),
        ("Hearing in Noise", "Automatic speech recognition with fewer word errors for far-field recordings."),
    ]
    outcomes = classifier.classify(
        [
            Paper(f"2606.0000{n}", 1, title, abstract, (), ("cs.LG",), AnnounceType.NEW)
            for n, (title, abstract) in enumerate(papers)
        ]
    )
    best = [outcome.matches[0] for outcome in outcomes if isinstance(outcome, ClassifyAnswer)]
    assert [match.channel for match in best] == [
        "image-generation",
        "robotics-embodied",
        "speech-recognition",
    ]
    assert best[0].topic == "diffusion-models"
    assert classifier.made_by[0].model == "minilm-l6-v2-int8"


def test_remembered_vectors_are_read_from_the_file_and_a_bad_file_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = MiniLmEncoder(tmp_path)
    calls: list[int] = []

    def count(texts: list[str]) -> object:
        calls.append(len(texts))
        return np.ones((len(texts), DIMENSIONS), dtype=np.float32)

    monkeypatch.setattr(encoder, "_encode", count)
    encoder.encode(["a", "b"], remember=True)
    encoder.encode(["a", "b"], remember=True)
    assert calls == [2]
    encoder.encode(["a", "c"], remember=True)
    assert calls == [2, 2]

    for file in tmp_path.iterdir():
        file.write_bytes(b"not what was written")
    assert encoder.encode(["a", "b"], remember=True).shape == (2, DIMENSIONS)
    assert calls == [2, 2, 2]


def test_without_a_folder_to_write_to_it_still_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    encoder = MiniLmEncoder(blocked)
    monkeypatch.setattr(encoder, "_encode", lambda texts: np.ones((len(texts), DIMENSIONS), dtype=np.float32))
    assert encoder.encode(["a"], remember=True).shape == (1, DIMENSIONS)


def test_a_folder_others_may_write_to_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = minilm._private_folder()
    assert made == tmp_path / f"arxivdaily-{os.getuid()}"
    made.chmod(0o777)
    assert minilm._private_folder() is None


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "_MODEL", ("no_such_package", "model.onnx"))
    with pytest.raises(
        ConfigurationError, match=r"no_such_package/model.onnx: install requirements/embedded"
    ):
        MiniLmEncoder().encode(["a"])
