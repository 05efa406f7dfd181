"""The compute market: gas of an order, jobs per second, matching, rooms as services."""
