"""The site that lesson 19 crawls, as the Python that runs the tests serves it.

Modules come and go with Python's versions and distributions, so whether the lesson's topics have
enough pages is counted here, with a margin.
"""

import ast
import re
from collections import Counter
from pathlib import Path

import httpx

from aicrypto.crawl import pages
from aicrypto.crawl.pages import Fetched, Response
from aicrypto.pipeline.stages.choice import LANGUAGE, MIN_ROWS_PER_TOPIC
from aicrypto.pipeline.stages.site import documentation_site
from aicrypto.pipeline.stages.table import records_of, table_of

LESSON = Path("notebooks/src/19_decentralised_ai_pipeline.py")
MARGIN = 1.5


def topics_of_the_lesson() -> tuple[str, ...]:
    found = re.search(r"Options\(topics=(\([^)]*\))", LESSON.read_text())
    assert found is not None, "the lesson names its topics"
    return tuple(ast.literal_eval(found.group(1)))


def pages_on(topic: str, site: str, client: httpx.Client) -> list[Fetched]:
    """All pages on a topic that links lead to from its first."""
    waiting, answers = [f"{site}{topic}.html"], dict[str, Fetched]()
    while waiting:
        url = waiting.pop()
        if url in answers or "__main__" in url:
            continue
        got = client.get(url)
        headers = (("content-type", got.headers["content-type"]),)
        response = Response(url, got.status_code, "OK", headers, got.content)
        answers[url] = Fetched(response, {"session": url, "ts": 0})
        names = re.findall(rf'href="({topic}\.[\w.]+\.html)"', got.text)
        waiting += [site + name for name in names]
    return list(answers.values())


def test_the_lessons_topics_have_enough_pages_on_this_python() -> None:
    topics = topics_of_the_lesson()
    with documentation_site() as site, httpx.Client(trust_env=False, timeout=30) as client:
        answers = [page for topic in topics for page in pages_on(topic, site, client)]
    assert {pages.topic_of(answer.response.url) for answer in answers} == set(topics)
    table = table_of(records_of(answers), bytes(32))
    names = "topic", "lang", "prose", "repeats"
    lines = zip(*(table.column(name).values for name in names), strict=True)
    usable = Counter(
        topic for topic, lang, prose, repeats in lines if lang == LANGUAGE and prose and not repeats
    )
    assert len(topics) >= 2
    assert min(usable[topic] for topic in topics) >= MARGIN * MIN_ROWS_PER_TOPIC, usable


def test_two_servers_of_one_python_serve_the_same_bytes() -> None:
    names = "importlib.metadata", "importlib.resources._adapters", "importlib._bootstrap_external"
    served = []
    for _ in range(2):
        with documentation_site() as site, httpx.Client(trust_env=False, timeout=30) as client:
            served.append([client.get(f"{site}{name}.html").content for name in names])
    assert served[0] == served[1], "not even where objects lay in the server's memory"
    assert b"0x0" in served[0][0], "a page that names such a place"
