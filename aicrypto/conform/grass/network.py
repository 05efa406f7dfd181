"""Answers of the suite grass.node_protocol and of the suites about incentives."""

from collections.abc import Callable
from dataclasses import asdict
from fractions import Fraction
from typing import Any

from aicrypto.conform.encoding import enhex, unhex
from aicrypto.crawl import incentives
from aicrypto.crawl.network.protocol import (
    Identity,
    Outcome,
    Protocol,
    WebAnswer,
    WebRedirect,
    WebRequest,
    answer,
)

Json = dict[str, Any]


def node_protocol(case: Json) -> Json:
    """Suite grass.node_protocol: a transcript of events -> what is sent, connected, requested."""
    return _Replay(case).run(case["events"])


class _Replay:
    """A node whose socket, clock and web are the events of a case."""

    def __init__(self, case: Json) -> None:
        node = case["node"]
        self.start = case["start"]
        self.protocol = Protocol(
            Identity(
                browser_id=node["browser_id"],
                user_id=node["user_id"],
                user_agent=node["user_agent"],
                version=node["version"],
                permissions=node["permissions"],
                dead_after_s=node["dead_after"],
            ),
            iter(case["ping_ids"]),
        )
        self.sent: list[Json] = []
        self.connects: list[Json] = []
        self.requests: list[Json] = []

    def run(self, events: list[Json]) -> Json:
        """All events in order."""
        self._connect(0, self.protocol.connect())
        for event in events:
            self._step(event)
        return {"sent": self.sent, "connects": self.connects, "requests": self.requests}

    def _step(self, event: Json) -> None:
        t, now = event["t"], self.start + event["t"]
        match event["kind"]:
            case "open":
                self.protocol.opened(now)
            case "message":
                self._message(event, now)
            case "tick":
                due = self.protocol.tick(now)
                if isinstance(due, dict):
                    self.sent.append({"t": t, "message": due})
                else:
                    self._connect(t, due)
            case "close_clean" | "close_dead":
                self.protocol.closed(event["kind"] == "close_clean")

    def _message(self, event: Json, now: float) -> None:
        said = self.protocol.received(now, event["message"])
        if isinstance(said, WebRequest):
            self.requests.append(
                {
                    "method": said.method,
                    "url": said.url,
                    "body": enhex(said.body),
                    "rule_headers": said.rule_headers,
                    "url_filter": said.url_filter,
                }
            )
            said = answer(said, _outcome(event["web"]))
        if said is not None:
            self.sent.append({"t": event["t"], "message": said})

    def _connect(self, t: float, url: str | None) -> None:
        if url is not None:
            self.connects.append({"t": t, "url": url})


def _outcome(web: Json) -> Outcome:
    if web["type"] == "error":
        return None
    headers, cookies = [(k, v) for k, v in web["headers"]], web.get("set_cookie", ())
    if web["type"] == "redirect":
        return WebRedirect(web["status"], headers, cookies)
    body = unhex(web["body"])
    return WebAnswer(web["status"], web["status_text"], headers, body, cookies, web.get("url"))


def bandwidth(case: Json) -> Json:
    """Suite grass.bandwidth: {claims, probes, tolerance, min_probes} -> {measured_bps, liars}."""
    probes = [incentives.Probe(p["node"], p["bytes"], p["ms"]) for p in case["probes"]]
    tolerance = Fraction(case["tolerance_num"], case["tolerance_den"])
    measured, liars = incentives.measure(case["claims"], probes, tolerance, case["min_probes"])
    return {"measured_bps": measured, "liars": liars}


def reputation(case: Json) -> Json:
    """Suite grass.reputation: {weights, sessions, ...} -> the four measures and their sum."""
    sessions = [incentives.Service(**s) for s in case["sessions"]]
    window = (case["target_ms"], case["live_seconds"], case["window_seconds"])
    return asdict(incentives.standing(case["weights"], sessions, *window))


def routing(case: Json) -> Json:
    """Suite grass.routing: {nodes, demand, min_reputation} -> {jobs, unserved}."""
    nodes = [incentives.Candidate(**node) for node in case["nodes"]]
    jobs, unserved = incentives.route(nodes, case["demand"], case["min_reputation"])
    return {"jobs": jobs, "unserved": unserved}


def sybil(case: Json) -> Json:
    """Suite grass.sybil: {accounts, join_window_s, min_size} -> {farms}."""
    accounts = [incentives.AccountTrace(**account) for account in case["accounts"]]
    return {"farms": incentives.find_farms(accounts, case["join_window_s"], case["min_size"])}


def rewards(case: Json) -> Json:
    """Suite grass.rewards: `kind` selects the formula."""
    return _REWARDS[case["kind"]](case)


def _delegate(case: Json) -> Json:
    stakes, previous = map(_exact_all, (case["stakes"], case["previous"]))
    numbers = (_exact(case["D"]), case["I"], _exact(case["T"]), _exact(case["commission_percent"]))
    accumulated, claimed, operator = incentives.delegate(stakes, previous, *numbers)
    shares = {"accumulated": list(map(float, accumulated)), "claimed": list(map(float, claimed))}
    return {**shares, "operator": float(operator)}


def _router(case: Json) -> Json:
    per_byte, n_bytes, weight, node_ms, validator_ms, max_ms, reputation = (
        _exact(case[name]) for name in ("kB", "B", "kL", "Ln", "Lv", "Lmax", "S")
    )
    latency = (weight, node_ms, validator_ms, max_ms)
    return {"reward": float(incentives.router_reward(per_byte, n_bytes, *latency, reputation))}


def _network_points(case: Json) -> Json:
    return {"points": incentives.network_points(case["pool"], case["bytes"])}


def _referral(case: Json) -> Json:
    users = {name: incentives.User(**user) for name, user in case["users"].items()}
    return asdict(incentives.referrals(users))


def _rank(case: Json) -> Json:
    name, reward = incentives.rank(case["points_cents"], case["invites"])
    return {"rank": name, "reward": reward}


_REWARDS: dict[str, Callable[[Json], Json]] = {
    "delegate": _delegate,
    "router": _router,
    "network_points": _network_points,
    "referral": _referral,
    "rank": _rank,
}


def _exact(number: float) -> Fraction:
    """The number as it is written in decimals."""
    return Fraction(repr(number))


def _exact_all(numbers: list[float]) -> list[Fraction]:
    return [_exact(number) for number in numbers]
