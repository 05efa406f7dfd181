"""A data network: many homes fetch public pages, and every row proves where it came from (Grass).

network     node, router and validator as programs; sealed sessions
metering    sealed records, openings, receipts, copies that must agree
incentives  reputation, routing, rewards, probes, farms
players     the whole network as a play, with cheats and a report that names them
pages       addresses, robots.txt, politeness, answers, the archive on disk
duplicates  near-duplicates by MinHash
rows        cleaning, quality, provenance, the data set
signing, ledger, settlement   serve all of them: signatures, the Merkle ledger, payment on chain
"""
