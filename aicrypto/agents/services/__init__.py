"""Services of several operators, and the market where agents hire them (Olas).

`fsm` describes what a service does as rounds of votes, `consensus` lets operators agree on it over
a network, `mech` is the marketplace where agents ask other agents for work and pay for it.
"""
