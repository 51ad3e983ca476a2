"""Slack: messages with buttons going out, decisions coming back."""
