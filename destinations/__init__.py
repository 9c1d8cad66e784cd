"""Storages that take files."""
