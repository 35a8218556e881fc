"""The thin front that notebooks import; nothing here computes."""
