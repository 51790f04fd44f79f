"""Making it happen in the background: runs, streams, schedules, incidents."""
