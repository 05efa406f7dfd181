"""Optimistic machine learning: run any model off chain, settle any dispute in one step on chain.

Four sub-rooms, each with its public names: `machine` (RV32IM and MIPS, memory trees, traces, the
arbiter of one step), `code` (assembler, networks as programs), `games` (bisection, referee, clocks
and bonds, contracts, players, production and all-versus-all games, incentives) and `phases` (graphs
of operators, the boundary between graph and machine, cost at any size, activations).
"""
