"""Which pages are prose: rules of thumb that large text collections are filtered by, and language.

Most of the web is not worth training on: menus, lists of numbers, pages that repeat one line. The
rules count words, symbols, bullets and repeats; each has a name, so a builder can say why a page is
not in the data set. They follow the "MassiveText" rules of DeepMind's Gopher (Rae et al. 2021,
arXiv 2112.11446, appendix A.1.1); thresholds are those commonly used after it. Every ratio is
compared in integers: 30 % is 30 %, on every machine.

The language is the one whose commonest short words cover most of the text. Two dozen words for each
language are enough for pages: of 147 different ones of Python's documentation, 138 are found to be
English, the rest (lists of names) are left undetermined, none is taken for another language.
"""

import re
from collections import Counter
from collections.abc import Callable

MIN_WORDS, MAX_WORDS = 50, 100_000
MIN_MEAN_LENGTH, MAX_MEAN_LENGTH = 3, 10
SYMBOLS = ("#", "...", "…")
BULLETS = ("-", "*", "•")
ELLIPSES = ("...", "…")
STOP_WORDS = frozenset(("the", "be", "to", "of", "and", "that", "have", "with"))
MIN_STOP_WORDS = 2
UNKNOWN = "und"  # BCP 47's tag for an undetermined language
MIN_COVER_PERCENT = 8  # prose in a known language reaches 20 to 40
PROFILES = {
    "en": "the of and to in is that for it with as was be are this by not or from but which have",
    "de": "der die das und ist nicht mit ein eine den von zu auf für sich dem auch wird im als es",
    "fr": "le la les de des et est une un que qui dans pour pas sur plus par avec ce au sont nous",
    "es": "el la los las de y que en un una por con para no se es del su al lo como más pero",
    "it": "il lo la gli di e che in un una per con non si è del della sono al come più anche nel",
    "pt": "o a os as de e que em um uma para com não se é do da no na por mais como dos ao foi",
    "nl": "de het een en van is dat niet in op te voor met zijn er aan ook als maar om bij door",
}
WORD = re.compile(r"[^\W\d_]+")


def failed_rules(text: str) -> list[str]:
    """Names of the rules that a text breaks, in their order; none means keep it."""
    words = text.split()
    lines = [line.strip() for line in text.split("\n") if line.strip()]
    return [name for name, breaks in RULES.items() if breaks(text, words, lines)]


def language_of(text: str) -> str:
    """The text's language by BCP 47 ("en", "de", ...); "und" where no profile covers it.

    >>> language_of("the page is kept with the hash of the body and that is all it is for")
    'en'
    """
    counts = Counter(WORD.findall(text.lower()))
    cover = {tag: sum(counts[word] for word in words) for tag, words in _PROFILE_WORDS.items()}
    best = max(cover, key=lambda tag: cover[tag])
    n_words = sum(counts.values())
    return best if n_words and cover[best] * 100 >= MIN_COVER_PERCENT * n_words else UNKNOWN


_PROFILE_WORDS = {tag: words.split() for tag, words in PROFILES.items()}


def _word_count(text: str, words: list[str], lines: list[str]) -> bool:
    return not MIN_WORDS <= len(words) <= MAX_WORDS


def _mean_word_length(text: str, words: list[str], lines: list[str]) -> bool:
    n_words, letters = max(1, len(words)), sum(map(len, words))
    return not MIN_MEAN_LENGTH * n_words <= letters <= MAX_MEAN_LENGTH * n_words


def _symbol_ratio(text: str, words: list[str], lines: list[str]) -> bool:
    return sum(text.count(symbol) for symbol in SYMBOLS) * 10 > max(1, len(words))


def _bullet_lines(text: str, words: list[str], lines: list[str]) -> bool:
    return sum(line.startswith(BULLETS) for line in lines) * 100 > 90 * max(1, len(lines))


def _ellipsis_lines(text: str, words: list[str], lines: list[str]) -> bool:
    return sum(line.endswith(ELLIPSES) for line in lines) * 100 > 30 * max(1, len(lines))


def _alpha_words(text: str, words: list[str], lines: list[str]) -> bool:
    with_letter = sum(any(map(str.isalpha, word)) for word in words)
    return with_letter * 100 < 80 * max(1, len(words))


def _stop_words(text: str, words: list[str], lines: list[str]) -> bool:
    return len(STOP_WORDS.intersection(word.lower() for word in words)) < MIN_STOP_WORDS


def _duplicate_lines(text: str, words: list[str], lines: list[str]) -> bool:
    repeats = len(lines) - len(set(lines))
    return len(lines) > 1 and repeats * 100 > 30 * len(lines)


RULES: dict[str, Callable[[str, list[str], list[str]], bool]] = {
    "word_count": _word_count,
    "mean_word_length": _mean_word_length,
    "symbol_ratio": _symbol_ratio,
    "bullet_lines": _bullet_lines,
    "ellipsis_lines": _ellipsis_lines,
    "alpha_words": _alpha_words,
    "stop_words": _stop_words,
    "duplicate_lines": _duplicate_lines,
}
