"""Work worth ranking: six contests, each with honest miners and one cheater."""

from aicrypto.subnet.work.answers import Answers
from aicrypto.subnet.work.arena import Contest, Outcome, enter, play, vote
from aicrypto.subnet.work.frames import Frames
from aicrypto.subnet.work.inference import Inference
from aicrypto.subnet.work.scraping import Scraping
from aicrypto.subnet.work.storage import Storage
from aicrypto.subnet.work.tournament import LossTournament

__all__ = [
    "Answers",
    "Contest",
    "Frames",
    "Inference",
    "LossTournament",
    "Outcome",
    "Scraping",
    "Storage",
    "enter",
    "play",
    "vote",
]
