#!/usr/bin/env python3
"""`python3 manage.py up` and `... test` work on a bare machine; everything else is Django's command line."""

import os
import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- before any import that an older Python could not even read
    sys.stderr.write("Holdfast needs Python 3.11 or newer; this is {}.{}.\n".format(*sys.version_info))
    sys.exit(10)

from config import bootstrap, postgres_place
from config.exits import Refusal, refusal_of


def main() -> None:
    bootstrap.enter(sys.argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        run()
    except ModuleNotFoundError as error:
        refusal = bootstrap.lacking(sys.argv, error)
        if refusal is None:
            raise
        raise refusal from error


def run() -> None:
    # These two can be imported only now, inside the environment.
    from django.core.management import execute_from_command_line  # noqa: PLC0415
    from django.db.utils import OperationalError  # noqa: PLC0415

    try:
        execute_from_command_line(sys.argv)
    except OperationalError as error:
        raise postgres_place.unreachable(error) from error


if __name__ == "__main__":
    try:
        main()
    except (Refusal, OSError) as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        sys.stderr.write(f"{refusal}\n")
        sys.exit(refusal.code)
