"""Tests that drive a real browser: one server and one browser serve them all (conftest.py)."""
