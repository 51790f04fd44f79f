"""What was gained: frozen values in, frozen values out. Knows the standard library only; SPEC.md says every rule.

`reckoning` is the door: events become movements (`legs`, `transfers`), movements are booked asset by asset
(`booking`, `uk`, `canada`), and what comes out are matches, income, lots and findings.
"""
