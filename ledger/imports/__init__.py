"""Files of exchanges and trackers: from bytes to readings, without a database.

`sheets` makes rows of a file, `tables` finds the lines under their headers, `recognise` says whose file it is, a format
of `formats` or a `mapping` says what each line means, and `look` does all that in passes that hold one row at a time.
"""
