"""`wallets/{id}/sync/`, `runs/`, `coverage/`: asking for a history, and watching it come in."""
