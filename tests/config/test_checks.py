"""Each unsafe setting is tried in a process of its own, because the refusal is that the process ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from django.conf import settings

from config.checks import work_is_shorter_than_its_lease
from config.exits import Code
from tests.config.nursery import nursery

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

GOOD = {
    "HOLDFAST_ENV": "production",
    "SECRET_KEY": "kJ9f-3LmQ7xTz2VbN8wRy5Ud1Gh6Ps4Ec0AoIiKjWnBvXqMlZtYrHgFs",
    "FIELD_ENCRYPTION_KEYS": "3q2-796tvu_erb7v3q2-796tvu_erb7vAAECAwQFBgc=",
    "PUBLIC_URL": "https://holdfast.test",
    "MAIL_URL": "smtps://user:pass@mail.test",
    "MAIL_FROM": "Holdfast <no-reply@holdfast.test>",
    "TRUSTED_PROXIES": "1",
}


def production(tmp_path: Path, **changed: str) -> dict[str, str]:
    database = settings.DATABASES["default"]
    address = f"postgresql://{database['USER']}:{database['PASSWORD']}@/{database['NAME']}?host={database['HOST']}"
    if database["PORT"]:
        address += f"&port={database['PORT']}"
    return {
        "PATH": os.environ["PATH"],
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": address,
        **GOOD,
        "FIELD_ENCRYPTION_KEYS": good_key(),
        **changed,
    }


def started(tmp_path: Path, *arguments: str, **changed: str) -> subprocess.CompletedProcess[str]:
    return nursery().run(arguments, {"HOLDFAST_PYTHON_READY": "1", **production(tmp_path, **changed)})


def good_key() -> str:
    import base64  # noqa: PLC0415  # here only

    return base64.urlsafe_b64encode(bytes(range(100, 132))).decode()


def check_deploy(tmp_path: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    return started(
        tmp_path, "manage.py", "check", "--deploy", "--tag", "security", "--fail-level", "WARNING", **changed
    )


FAULTS = [
    ("SECRET_KEY is missing", {"SECRET_KEY": ""}),
    ("SECRET_KEY is weak", {"SECRET_KEY": "short"}),
    ("SECRET_KEY is weak", {"SECRET_KEY": "a" * 80}),
    ("SECRET_KEY is weak", {"SECRET_KEY": f"django-insecure-{GOOD['SECRET_KEY']}"}),
    ("FIELD_ENCRYPTION_KEYS is missing", {"FIELD_ENCRYPTION_KEYS": ""}),
    ("FIELD_ENCRYPTION_KEYS: key 1 is not 32 random bytes", {"FIELD_ENCRYPTION_KEYS": "not-a-key"}),
    ("FIELD_ENCRYPTION_KEYS: key 1 is not 32 random bytes", {"FIELD_ENCRYPTION_KEYS": "A" * 43 + "="}),
    (
        "FIELD_ENCRYPTION_KEYS: key 1 is not 32 random bytes",
        {"FIELD_ENCRYPTION_KEYS": "dGhpcyBpcyBhIHBhc3NwaHJhc2Ugb2YgMzIgY2gh"[:43] + "="},
    ),
    (
        "FIELD_ENCRYPTION_KEYS: key 1 is not 32 random bytes",
        {"FIELD_ENCRYPTION_KEYS": "ZmDfcTF7_60GrrY167zsiPd67pEvs0aGOv2oasOM1Pg="},
    ),
    ("FIELD_ENCRYPTION_KEYS: key 2 is not", {"FIELD_ENCRYPTION_KEYS": f"{good_key()},old"}),
    ("METRICS_TOKEN is weak", {"METRICS_TOKEN": "metrics"}),
    ("DEBUG must be off", {"DEBUG": "yes"}),
    ("PUBLIC_URL must begin with https://", {"PUBLIC_URL": "http://holdfast.test"}),
    ("PUBLIC_URL must begin with https://", {"PUBLIC_URL": ""}),
    ("ALLOWED_HOSTS must name each host", {"ALLOWED_HOSTS": "*"}),
    ("ALLOWED_HOSTS must name each host", {"ALLOWED_HOSTS": "holdfast.test,.holdfast.test"}),
    ("SANDBOX_PORT must not be set", {"SANDBOX_PORT": "8801"}),
    ("EXCHANGE_ORIGINS must not be set", {"EXCHANGE_ORIGINS": "coinbase=http://localhost:1"}),
    ("DATABASE_URL is missing", {"DATABASE_URL": ""}),
    ("MAIL_URL must look like smtp://", {"MAIL_URL": "mail.test:587"}),
    ("MAIL_URL must look like smtp://", {"MAIL_URL": "smtp://mail.test:port"}),
    ("MAIL_URL must look like smtp://", {"MAIL_URL": "smtps://"}),
]


def test_djangos_own_deploy_checks_are_content_with_a_good_environment(tmp_path: Path) -> None:
    done = check_deploy(tmp_path)

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


@pytest.mark.parametrize(
    ("sentence", "changed"),
    [
        ("no mail server", {"MAIL_URL": ""}),
        ("Mail from localhost", {"MAIL_FROM": ""}),
        ("no proxy is trusted", {"TRUSTED_PROXIES": ""}),
    ],
    ids=["MAIL_URL", "MAIL_FROM", "TRUSTED_PROXIES"],
)
def test_what_nobody_could_use_is_said_before_it_starts(sentence: str, changed: dict[str, str], tmp_path: Path) -> None:
    done = check_deploy(tmp_path, **changed)

    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.parametrize(("sentence", "changed"), FAULTS, ids=lambda value: "" if isinstance(value, dict) else value)
def test_production_refuses_and_says_which_setting(sentence: str, changed: dict[str, str], tmp_path: Path) -> None:
    done = check_deploy(tmp_path, **changed)

    lines = [line for line in done.stderr.splitlines() if line.startswith("- ")]
    assert done.returncode == Code.NOT_SAFE
    assert len(lines) == 1
    assert sentence in lines[0]
    assert "Traceback" not in done.stderr


def test_the_keys_made_for_development_do_not_serve_in_production(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/secret_key").write_text(GOOD["SECRET_KEY"])
    (tmp_path / "keys/field_encryption_keys").write_text(good_key())

    done = check_deploy(tmp_path)

    assert "SECRET_KEY is the development one" in done.stderr
    assert "key 1 is the development one" in done.stderr


COOKIES = """
import django
django.setup()
from django.conf import settings
from django.test import Client
answer = Client().get("/accounts/login/", headers={"host": "holdfast.test", "x-forwarded-proto": "https"})
told = [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_PATH, settings.SESSION_COOKIE_DOMAIN]
print(answer.status_code, *(str(each) for each in [*answer.cookies.values(), *told]), sep="|")
"""


def test_behind_https_no_neighbour_below_the_domain_can_plant_a_cookie_of_ours(tmp_path: Path) -> None:
    """Browsers take a `__Host-` one from this very host, over https, for all of it: or not at all."""
    done = started(tmp_path, "-c", COOKIES, DJANGO_SETTINGS_MODULE="config.settings")

    status, csrf, *session = done.stdout.strip().split("|")
    assert (status, session) == ("200", ["__Host-sessionid", "/", "None"]), done.stderr
    assert csrf.startswith("Set-Cookie: __Host-csrftoken=")
    assert {"Path=/", "Secure", "HttpOnly"} <= set(csrf.split("; "))
    assert "Domain" not in csrf


def test_no_refusal_repeats_a_secret(tmp_path: Path) -> None:
    done = check_deploy(tmp_path, SECRET_KEY="hunter2hunter2", FIELD_ENCRYPTION_KEYS="swordfish")

    assert done.returncode == Code.NOT_SAFE
    assert not [secret for secret in ("hunter2", "swordfish") if secret in done.stdout + done.stderr]


@pytest.mark.parametrize(
    "arguments",
    [("-c", "import config.wsgi"), ("manage.py", "qcluster"), ("manage.py", "migrate"), ("manage.py", "shell")],
    ids=["web server", "worker", "migrate", "shell"],
)
def test_there_is_no_way_round_the_refusal(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = started(tmp_path, *arguments, PUBLIC_URL="http://holdfast.test")

    assert done.returncode == Code.NOT_SAFE
    assert "PUBLIC_URL must begin with https://" in done.stderr


MISREAD = [
    ("HOLDFAST_ENV", "prod"),
    ("PORT", "0"),
    ("SANDBOX_PORT", "70000"),
    ("WEB_PROCESSES", "none"),
    ("TRUSTED_PROXIES", "-1"),
    ("RATE_LIMITS_SCALE", "nan"),
    ("DEBUG", "perhaps"),
    ("EXCHANGE_ORIGINS", "coinbase"),
    ("PUBLIC_URL", "holdfast.test"),
    ("DATABASE_URL", "postgresql://u:hunter2@host:port/x"),
    ("DATABASE_URL", "postgresql://u:hunter2@host"),
    ("DATABASE_URL", "postgresql://u:hunter2@host/x?sslmodus=on"),
    ("REDIS_URL", "https://:hunter2@host:6379"),
    ("REDIS_URL", "redis://:hunter2@host:port"),
    ("SECRET_KEY_FILE", "/not/there"),
    ("DATA_DIR", "/dev/null/data"),
]


@pytest.mark.parametrize(("name", "value"), MISREAD)
def test_a_setting_that_makes_no_sense_is_one_sentence_that_names_it(name: str, value: str, tmp_path: Path) -> None:
    done = started(tmp_path, "manage.py", "up", **{"HOLDFAST_ENV": "development", name: value})

    assert done.returncode == Code.SETTING
    assert done.stderr.startswith(f"The setting {name} ")
    assert done.stderr.count("\n") == 1
    assert "hunter2" not in done.stderr


def test_an_address_that_is_not_this_machines_is_not_called_a_taken_port(tmp_path: Path) -> None:
    done = started(tmp_path, "manage.py", "up", HOLDFAST_ENV="development", BIND="192.0.2.1")

    assert done.returncode == Code.SETTING
    assert done.stderr == "BIND=192.0.2.1 is no address of this machine. Nothing was started.\n"


def test_production_without_a_mail_server_is_warned_about(tmp_path: Path) -> None:
    done = check_deploy(tmp_path, MAIL_URL="")

    assert done.returncode == 1
    assert "MAIL_URL" in done.stderr


def test_a_lease_shorter_than_a_task_is_found(settings) -> None:
    assert work_is_shorter_than_its_lease() == []

    settings.TASK_SECONDS = 3600

    assert "PeriodicJob" in str(work_is_shorter_than_its_lease())
