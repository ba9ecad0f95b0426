"""The pinned requirements: whole, hashed, and free of anybody's package index."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PIN = re.compile(
    r"^([A-Za-z0-9._-]+)==(\S+)(?: ; [^\\]+)? \\\n((?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def pins(name: str) -> dict[str, str]:
    """Return the version pinned for each package of a requirements file."""
    text = (ROOT / name).read_text(encoding="utf-8")
    return {canonicalize_name(package): version for package, version, _ in PIN.findall(text)}


def wanted() -> list[tuple[str, str]]:
    """Return each requirement the project states, with the file that must pin it."""
    stated = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = [*stated["project"]["dependencies"], *stated["build-system"]["requires"]]
    return [(line, "requirements.txt") for line in runtime] + [
        (line, "requirements-dev.txt") for line in stated["dependency-groups"]["dev"]
    ]


@pytest.mark.parametrize(("line", "file"), wanted())
def test_every_stated_dependency_is_pinned_within_its_range(line: str, file: str) -> None:
    """Pins follow `pyproject.toml`; when this fails, run `make pins`."""
    requirement = Requirement(line)
    version = pins(file).get(canonicalize_name(requirement.name))
    assert version is not None
    assert requirement.specifier.contains(version, prereleases=True)


@pytest.mark.parametrize("file", ["requirements.txt", "requirements-dev.txt"])
def test_a_requirements_file_holds_hashed_pins_and_nothing_else(file: str) -> None:
    """No address, option or unhashed line: the files work with any package index."""
    assert PIN.sub("", (ROOT / file).read_text(encoding="utf-8")).strip() == ""


def test_both_files_agree() -> None:
    """A package in both files has one version, so that tests run on what is shipped."""
    runtime, dev = pins("requirements.txt"), pins("requirements-dev.txt")
    assert {name: dev[name] for name in runtime.keys() & dev.keys()} == {
        name: runtime[name] for name in runtime.keys() & dev.keys()
    }
