"""docker-compose.yml is read, not run: no Docker engine is needed for these checks."""

import ast
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]


def _bind_mounts():
    for name, service in SERVICES.items():
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            yield name, source


@pytest.mark.parametrize(("service", "source"), list(_bind_mounts()))
def test_every_mount_exists_or_is_a_named_volume(service, source):
    if source.startswith("."):
        assert (ROOT / source).is_dir(), (
            f"{service} mounts {source}, which is not there"
        )
    else:
        assert source in COMPOSE["volumes"], (
            f"{service}: the volume {source} is not declared"
        )


def test_the_build_names_files_that_exist():
    build = SERVICES["odoo"]["build"]
    dockerfile = ROOT / build["context"] / build["dockerfile"]
    copied = re.findall(r"^COPY (\S+) ", dockerfile.read_text(), re.MULTILINE)
    assert copied, "the Dockerfile copies nothing"
    for source in copied:
        assert (ROOT / source).is_file(), (
            f"the Dockerfile copies {source}, which is not there"
        )
    command = SERVICES["odoo"]["command"][0].replace("/mnt/docker/", "docker/")
    assert (ROOT / command).stat().st_mode & 0o111, f"{command} is not executable"


def test_nothing_is_published_beyond_localhost():
    published = {
        name: port
        for name, service in SERVICES.items()
        for port in service.get("ports", [])
    }
    assert list(published) == ["odoo"], "only Odoo has a port, the database none"
    assert published["odoo"].startswith("127.0.0.1:")


def test_both_services_have_health_checks_and_official_images():
    assert all("healthcheck" in service for service in SERVICES.values())
    assert SERVICES["db"]["image"].startswith("postgres:")
    assert "FROM odoo:19\n" in (ROOT / "docker/Dockerfile").read_text()


def test_requirements_are_what_the_manifests_name():
    wanted = set()
    for path in ROOT.glob("addons/*/__manifest__.py"):
        manifest = ast.literal_eval(path.read_text())
        wanted |= set(manifest.get("external_dependencies", {}).get("python", []))
    lines = (ROOT / "docker/requirements.txt").read_text().splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert pinned.keys() == wanted
    host = (ROOT / "requirements-host.txt").read_text()
    for name, version in pinned.items():
        assert f"{name}=={version}" in host, f"{name} differs from the version tested"
