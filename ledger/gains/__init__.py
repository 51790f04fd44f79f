"""From transactions to gains: feeds the engine from the database, keeps what it finds, and goes on where it stopped."""
