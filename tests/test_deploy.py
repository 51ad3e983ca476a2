"""The files under deploy/ are well-formed, agree with the program, and keep what they promise."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from tradefloor.settings import Settings, environment_names

ROOT: Final = Path(__file__).parent.parent
DEPLOY: Final = ROOT / "deploy"
UNITS: Final = ("tradefloor.service", "tradefloor-backup.service", "tradefloor-backup.timer")
EXPOSURE_MAX: Final = 20
"""Of 100 by systemd's count: what a service may reach beside what it needs."""

COMPOSE_ONLY: Final = {"GRAFANA_PASSWORD"}


def loaded(path: str) -> Any:
    """Return a YAML file's content."""
    return yaml.safe_load((DEPLOY / path).read_text())


def yaml_files() -> Iterator[Path]:
    """Yield every YAML file."""
    for suffix in ("*.yml", "*.yaml"):
        yield from DEPLOY.rglob(suffix)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    """Without a word of complaint; the program they start stands where this one does, so it is another one here."""
    for name in UNITS:
        text = (DEPLOY / "systemd" / name).read_text()
        (tmp_path / name).write_text(text.replace("/opt/tradefloor/.venv/bin/tradefloor", "/bin/true"))
    units = [str(tmp_path / name) for name in UNITS]
    result = subprocess.run(["systemd-analyze", "verify", *units], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (0, "")
    command = ["systemd-analyze", "security", "--offline=yes", f"--threshold={EXPOSURE_MAX}", units[0]]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_units_wait_longer_than_the_floor_takes() -> None:
    """Whoever stops it does not kill it within its own limit."""
    text = (DEPLOY / "systemd" / UNITS[0]).read_text()
    limit_s = int(re.findall(r"STOP_TIMEOUT=(\d+)", text)[0])
    assert int(re.findall(r"TimeoutStopSec=(\d+)", text)[0]) > limit_s
    floor = loaded("compose.yaml")["services"]["tradefloor"]
    assert int(floor["stop_grace_period"].removesuffix("s")) > int(floor["environment"]["STOP_TIMEOUT"])
    assert limit_s == int(floor["environment"]["STOP_TIMEOUT"]) == Settings().stop_timeout


def test_variables_are_settings() -> None:
    """No file sets what the program does not read."""
    container = (DEPLOY / "Containerfile").read_text()
    unit = (DEPLOY / "systemd" / UNITS[0]).read_text()
    named = set(re.findall(r"^ +(?!PATH|PYTHON)([A-Z][A-Z_]+)=", container, re.MULTILINE))
    named |= set(re.findall(r"\b([A-Z][A-Z_]+)=", "".join(re.findall(r"^Environment=(.*)$", unit, re.MULTILINE))))
    named |= set(loaded("compose.yaml")["services"]["tradefloor"]["environment"])
    named |= set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text())) - COMPOSE_ONLY
    assert {"TRADEFLOOR_ENV", "DATABASE_PATH", "JWT_SECRET", "STOP_TIMEOUT"} <= named
    assert named <= set(environment_names())


def test_the_container_holds_every_package() -> None:
    """Each package of the wheel is copied, requirements are locked by hash, and nobody is root."""
    container = (DEPLOY / "Containerfile").read_text()
    packages = re.findall(r"packages = \[(.*)\]", (ROOT / "pyproject.toml").read_text())[0]
    for package in re.findall(r'"(\w+)"', packages):
        assert f"COPY {package} {package}" in container
    assert "--require-hashes -r requirements/runtime.txt" in container
    assert re.findall(r"^USER (.*)$", container, re.MULTILINE) == ["10001:10001"]
    assert "/health/live" in container
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert not {"requirements", "pyproject.toml", "README.md", *re.findall(r'"(\w+)"', packages)} & set(ignored)


def test_yaml_is_well_formed() -> None:
    """Every file, and what one refers to is there."""
    assert all(yaml.safe_load(path.read_text()) for path in yaml_files())
    services = loaded("compose.yaml")["services"]
    for service in services.values():
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in loaded("compose.yaml")["volumes"]
    (rules,) = loaded("prometheus/prometheus.yml")["rule_files"]
    assert (DEPLOY / "prometheus" / rules).exists()


def test_alerts_and_dashboards_speak_of_metrics_that_there_are() -> None:
    """By the names in the program's source."""
    source = "".join(path.read_text() for path in (ROOT / "net").rglob("*.py"))
    known = set(re.findall(r'"(tradefloor_\w+)"', source))
    expressions = [rule["expr"] for group in loaded("prometheus/alerts.yml")["groups"] for rule in group["rules"]]
    expressions += [json.dumps(json.loads(path.read_text())) for path in DEPLOY.rglob("*.json")]
    used = {name for expression in expressions for name in re.findall(r"tradefloor_\w+", expression)}
    assert used
    plain = {re.sub(r"_(total|bucket|count|sum|created)$", "", name) for name in used}
    assert plain - known - used & known == set()


def test_the_health_check_of_the_container_is_python(tmp_path: Path) -> None:
    """It runs as it stands, and fails where nothing listens."""
    check = json.loads(re.findall(r"CMD (\[\"python.*\])$", (DEPLOY / "Containerfile").read_text(), re.MULTILINE)[0])
    command = [sys.executable, *check[1:-1], check[-1].replace(":3000", ":1")]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "refused" in result.stderr
