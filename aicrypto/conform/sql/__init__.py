"""Answers of the suites sql.*: queries proven by the fast back end."""
