"""Answers of the suites of programmable IP (story.*)."""
