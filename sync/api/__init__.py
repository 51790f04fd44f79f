"""`wallets/{id}/sync/`, `runs/`, `coverage/`, `holds/`: asking for a history, and watching it come in."""
