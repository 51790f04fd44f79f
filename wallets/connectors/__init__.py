"""One file for each exchange: replies in, records or causes out.

A sealed package: no models, no settings, no database, no sleeping, no log of what was said. It imports ccxt, which is
slow and large, so only workers import it; web processes read `wallets.catalogue`.
"""
