"""From an executed notebook to HTML, PDF, downloads and the front page."""
