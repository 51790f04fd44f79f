"""Papers and files for the tax office, one file per kind. `kinds` lists them, `ledger.reporting` has them made."""
