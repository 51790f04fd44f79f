"""Stand-ins that speak each provider's own wire protocol, for demos, development and tests. Production refuses them.

One process serves them all: `/coinbase/...` is Coinbase, whichever of its hosts is meant. A resident is a class with
`name`, `answer(call)`, `configure(change)` and `state()` (see `wire.Resident`); a file of its own, added to `RESIDENTS`
in `server`. It is deterministic: what it makes up comes from the seed, its time from the sandbox's clock. Faults
(`faults`) are set at the control address and are played below the resident, down to the socket.

Standard library only; it knows neither Django nor the rest of Holdfast, so that it can only be spoken to by the wire.
"""
