#!/usr/bin/env python3
"""`python3 manage.py up` and `python3 manage.py test` work on a bare machine; everything else is Django's command line."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
