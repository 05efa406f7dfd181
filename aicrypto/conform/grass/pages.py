"""Answers of the suites of Grass about pages and rows: addresses, robots, archives, data sets.

Two suites are scored and not compared: a cleaned text may differ from the wanted one in some words,
and a search for near-duplicates may miss a pair. `judge_text` and `judge_pairs` say whether an
answer is close enough; they see what was expected, the answers do not.
"""

from collections import Counter
from typing import Any

from aicrypto.conform.encoding import enhex, unhex, unhex_all
from aicrypto.crawl import duplicates, pages, rows
from aicrypto.crawl.signing import TreeHead

Json = dict[str, Any]


def url(case: Json) -> Json:
    """Suite grass.url: {href, base?} -> {url}."""
    return {"url": pages.normalise(case["href"], case.get("base"))}


def robots(case: Json) -> Json:
    """Suite grass.robots: {robots_txt, user_agent, url} -> {allowed}."""
    rules = pages.Robots.parse(case["robots_txt"])
    return {"allowed": rules.allows(case["user_agent"], case["url"])}


def robots_policy(case: Json) -> Json:
    """Suite grass.robots_policy: {responses, user_agent, url} -> {decision, allowed}."""
    statuses = [response["status"] for response in case["responses"]]
    body = case["responses"][-1].get("body") if case["responses"] else None
    allowed = pages.rules_after(statuses, body).allows(case["user_agent"], case["url"])
    return {"decision": pages.decide(statuses), "allowed": allowed}


def politeness(case: Json) -> Json:
    """Suite grass.politeness: {requests, delay_ms, default_delay_ms, parallel} -> {start}."""
    requests = [pages.Request(r["host"], r["arrive"], r["takes"]) for r in case["requests"]]
    pauses = pages.Pauses(case["delay_ms"], case["default_delay_ms"])
    return {"start": pages.schedule(requests, pauses, case["parallel"])}


def warc(case: Json) -> Json:
    """Suite grass.warc: a response, its date and id -> {record, payload_digest, block_digest}."""
    headers = tuple((name, value) for name, value in case["headers"])
    response = pages.Response(
        case["url"], case["status"], case["reason"], headers, unhex(case["body"])
    )
    made = pages.warc_record(response, case["date"], case["record_id"])
    return {
        "record": enhex(made.data),
        "payload_digest": made.payload_digest,
        "block_digest": made.block_digest,
    }


def clean(case: Json) -> Json:
    """Suite grass.clean: {html, url} -> {title, links, text}, judged by `judge_text`."""
    page = pages.clean(case["html"], case["url"])
    return {"title": page.title, "links": list(page.links), "text": page.text}


def judge_text(got: Json, expected: Json) -> Json:
    """The answer, its text taken for the wanted one if F1 over words is high enough."""
    ours, wanted = (
        Counter(duplicates.words_of(text)) for text in (got["text"], expected["main_text"])
    )
    total = ours.total() + wanted.total()
    f1 = 2 * (ours & wanted).total() / total if total else 1.0
    close = {"main_text": expected["main_text"], "min_f1": expected["min_f1"]}
    far = {"main_text": got["text"], "min_f1": f1}
    judged = close if f1 >= expected["min_f1"] else far
    return {"title": got["title"], "links": got["links"], **judged}


def quality(case: Json) -> Json:
    """Suite grass.quality: {text} -> {keep, failed}."""
    failed = rows.failed_rules(case["text"])
    return {"keep": not failed, "failed": failed}


def minhash(case: Json) -> Json:
    """Suite grass.minhash: {texts, shingle, num_perm, seed, scheme} -> signatures, estimate."""
    functions = duplicates.Permutations.draw(case["num_perm"], case["seed"], case["scheme"])
    sketches = duplicates.signatures(case["texts"], functions, case["shingle"])
    answer: Json = {"signatures": sketches.tolist()}
    if len(case["texts"]) == 2:
        one, other = (duplicates.shingles(text, case["shingle"]) for text in case["texts"])
        answer["estimate"] = duplicates.estimate(sketches[0], sketches[1])
        answer["exact"] = duplicates.jaccard(one, other)
    return answer


def dedup(case: Json) -> Json:
    """Suite grass.dedup: {docs, shingle, threshold_percent} -> {pairs}, see `judge_pairs`."""
    found = duplicates.similar_pairs(case["docs"], case["shingle"], case["threshold_percent"])
    return {"pairs": [list(pair) for pair in found]}


def judge_pairs(got: Json, expected: Json) -> Json:
    """The answer, taken for the wanted one if recall and precision are high enough."""
    ours, wanted = ({tuple(pair) for pair in answer["pairs"]} for answer in (got, expected))
    recall = len(ours & wanted) / len(wanted) if wanted else 1.0
    precision = len(ours & wanted) / len(ours) if ours else 1.0
    if recall >= expected["min_recall"] and precision >= expected["min_precision"]:
        return expected
    return {"pairs": got["pairs"], "min_recall": recall, "min_precision": precision}


def record(case: Json) -> Json:
    """Suite grass.record: {type, record} -> {canonical, leaf_hash} or the rule that is broken."""
    try:
        text = rows.canonical(case["type"], case["record"])
    except rows.BadRecord as refusal:
        return {"error": refusal.name}
    leaf = rows.leaf_hash(case["type"], case["record"])
    return {"canonical": text.decode(), "leaf_hash": enhex(leaf)}


def provenance(case: Json) -> Json:
    """Suite grass.provenance: row, session, proof, head -> {valid} or the check that fails."""
    head, proof = case["head"], case["proof"]
    chain = rows.Provenance(
        row=case["row"],
        session=case["session"],
        index=proof["index"],
        path=tuple(unhex_all(proof["path"])),
        head=TreeHead(
            head["size"],
            head["timestamp"],
            *(unhex(head[name]) for name in ("root", "validator", "signature")),
        ),
        body=unhex(case["body"]) if case.get("body") is not None else None,
    )
    failed = rows.failed_check(chain, unhex(case["trusted_validator"]))
    return {"valid": True} if failed is None else {"valid": False, "failed": failed}
