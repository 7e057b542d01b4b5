"""What a deployment is made of: `make sbom` writes it as CycloneDX, `make docs` as a table with licences.

The layers' pinned requirements say what is deployed, for Lambda's platform; each package's own metadata,
as installed here, says its licence and what it needs.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[1]
REQUIREMENTS = ROOT / "requirements"
TARGET = ROOT / "dist" / "sbom.cdx.json"

# Lambda's platform, as in template.yaml and requirements/Makefile.
_PLATFORM = {
    "python_version": "3.13",
    "python_full_version": "3.13.0",
    "implementation_name": "cpython",
    "platform_python_implementation": "CPython",
    "sys_platform": "linux",
    "platform_system": "Linux",
    "platform_machine": "aarch64",
    "os_name": "posix",
}
# Words that packages use for licences, beside SPDX's own.
_SPDX = {
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "MIT License": "MIT",
    "3-Clause BSD License": "BSD-3-Clause",
}
# Packages whose metadata names a family only; their licence files say which.
_BY_FILE = {"jinja2": "BSD-3-Clause", "python-dateutil": "Apache-2.0 AND BSD-3-Clause"}


@dataclass(frozen=True)
class Package:
    """A package of a layer: its pin, the SHA-256 of its distributions, its licence as an SPDX expression."""

    name: str
    version: str
    layer: str
    hashes: tuple[str, ...]
    licence: str
    needs: tuple[str, ...]  # names, whatever of them is deployed


def packages() -> Sequence[Package]:
    """What the two dependency layers hold, by layer and name.

    LookupError for a package that is not installed here, or whose licence is not known.
    """
    found = [_package("DependenciesLayer", *pin) for pin in _pins("runtime.txt")]
    kept = _kept_of_embedded()
    found += [_package("EmbeddedLayer", *pin) for pin in _pins("embedded.txt") if pin[0] in kept]
    return sorted(found, key=lambda package: (package.layer, package.name))


def _pins(file: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Name, version and hashes of each requirement that applies to Lambda's platform."""
    for line in (REQUIREMENTS / file).read_text("utf-8").replace("\\\n", " ").splitlines():
        text, *hashes = line.split("--hash=sha256:")
        if not text.strip() or text.startswith("#"):
            continue
        wanted = Requirement(text)
        if wanted.marker is None or wanted.marker.evaluate(_PLATFORM):
            (pin,) = wanted.specifier
            yield canonicalize_name(wanted.name), pin.version, tuple(one.strip() for one in hashes)


def _kept_of_embedded() -> set[str]:
    """The embedded layer's packages: requirements/Makefile removes the others, which nothing imports."""
    text = (REQUIREMENTS / "Makefile").read_text("utf-8")
    (line,) = re.findall(r"^EMBEDDED_PACKAGES = (.+)$", text, re.MULTILINE)
    owners = metadata.packages_distributions()
    return {canonicalize_name(owner) for folder in line.split() for owner in owners.get(folder, ())}


def _package(layer: str, name: str, version: str, hashes: tuple[str, ...]) -> Package:
    needs = tuple(sorted({canonicalize_name(Requirement(r).name) for r in metadata.requires(name) or ()}))
    return Package(name, version, layer, hashes, licence_of(name), needs)


def licence_of(name: str) -> str:
    """A package's licence as an SPDX expression; LookupError where its metadata does not tell."""
    if name in _BY_FILE:
        return _BY_FILE[name]
    told = metadata.distribution(name).metadata
    stated = next((told[key] for key in ("License-Expression", "License") if key in told), "")
    classified = [
        str(c).rpartition(" :: ")[2] for c in told.get_all("Classifier", []) if c.startswith("License")
    ]
    for words in (stated, *classified):
        if words in _SPDX or re.fullmatch(r"[A-Za-z0-9.+-]+( (AND|OR) [A-Za-z0-9.+-]+)*", words):
            return _SPDX.get(words, str(words))
    raise LookupError(f"{name} names no licence that is known here: {stated or classified}")


def table(found: Sequence[Package]) -> Iterator[str]:
    """The lines of docs/dependencies.md's table."""
    yield "| package | version | licence | layer |"
    yield "|---|---|---|---|"
    for package in found:
        yield f"| {package.name} | {package.version} | {package.licence} | {package.layer} |"


def bill(found: Sequence[Package]) -> str:
    """The packages as a CycloneDX 1.6 document in JSON. The same packages have the same serial number."""
    bom = Bom()
    bom.serial_number = uuid.uuid5(uuid.NAMESPACE_URL, repr(found))
    version = metadata.version("arxivdaily")
    licences = LicenseFactory()
    application = Component(
        name="arxivdaily",
        version=version,
        type=ComponentType.APPLICATION,
        bom_ref="arxivdaily",
        licenses=[licences.make_from_string("Apache-2.0")],
    )
    bom.metadata.component = application
    components = {package.name: _component(package, licences) for package in found}
    bom.components.update(components.values())
    bom.register_dependency(application, components.values())
    for package in found:
        needs = [components[name] for name in package.needs if name in components]
        bom.register_dependency(components[package.name], needs)
    return JsonV1Dot6(bom).output_as_string(indent=2)


def _component(package: Package, licences: LicenseFactory) -> Component:
    hashes = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in package.hashes]
    address = PackageURL("pypi", name=package.name, version=package.version)
    return Component(
        name=package.name,
        version=package.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(address),
        purl=address,
        licenses=[licences.make_from_string(package.licence)],
        # One of these is what was installed: the hashes are of wheels for several platforms.
        external_references=[
            ExternalReference(
                type=ExternalReferenceType.DISTRIBUTION,
                url=XsUri(str(address)),
                hashes=hashes,
            )
        ],
        properties=[Property(name="arxivdaily:layer", value=package.layer)],
    )


def main() -> None:
    TARGET.parent.mkdir(exist_ok=True)
    TARGET.write_text(bill(packages()) + "\n", "utf-8")
    print(TARGET.relative_to(ROOT))


if __name__ == "__main__":
    main()
