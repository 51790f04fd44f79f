"""What happened, what the owner says happened, what it means."""
