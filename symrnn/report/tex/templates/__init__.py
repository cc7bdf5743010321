"""The templates of reports: package data."""
