"""Arrays on disk: what is written is mapped as it was, by this project and by others that read the format."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as of_numpy
from numpy.typing import NDArray
from safetensors.numpy import load_file

from retrieval.index.arrays import map_arrays, write_arrays

TYPES = [np.dtype(name) for name in ("uint8", "uint16", "uint32", "int32", "int64", "float16", "float32")]


@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=3),
        st.sampled_from(TYPES).flatmap(lambda kind: of_numpy.arrays(kind, of_numpy.array_shapes(min_side=0))),
        min_size=1,
        max_size=4,
    )
)
def test_what_was_written_is_mapped_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, arrays: dict[str, NDArray[Any]]
) -> None:
    path = tmp_path_factory.mktemp("arrays") / "some.safetensors"

    write_arrays(path, arrays)

    for found in (map_arrays(path), load_file(path)):
        assert found.keys() == arrays.keys()
        for name, array in arrays.items():
            assert (found[name].dtype, found[name].shape) == (array.dtype, array.shape)
            assert found[name].tobytes() == array.tobytes()


def test_every_array_lies_where_a_processor_reads_it_at_once(tmp_path: Path) -> None:
    write_arrays(tmp_path / "some", {"a": np.ones(3, dtype=np.uint8), "b": np.ones(5, dtype=np.int64)})

    assert all(array.flags.aligned for array in map_arrays(tmp_path / "some").values())


def test_mapped_arrays_cannot_be_written_to(tmp_path: Path) -> None:
    write_arrays(tmp_path / "some", {"a": np.ones(3, dtype=np.uint8)})

    with pytest.raises(ValueError, match="read-only"):
        map_arrays(tmp_path / "some")["a"][0] = 2


@pytest.mark.parametrize("kept", [0, 7, 20, -1])
def test_a_file_that_was_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    path = tmp_path / "some"
    write_arrays(path, {"a": np.ones(30, dtype=np.int32)})
    path.write_bytes(path.read_bytes()[:kept])

    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, whoever opens an index takes it for damage
        map_arrays(path)


def test_a_file_with_more_than_its_header_says_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "some"
    write_arrays(path, {"a": np.ones(30, dtype=np.int32)})
    path.write_bytes(path.read_bytes() + b"\n")

    with pytest.raises(ValueError, match="not as long"):
        map_arrays(path)
