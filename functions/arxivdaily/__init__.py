"""arXivDaily (arXiv每日学术速递): from arXiv's announcement to a public site in Chinese."""
