"""Somebody's web page with the snippet, on a server and an origin of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PAGE = """<!doctype html><title>Cars</title>
<script src="{vigil}/v1/web/vigil.js"></script>
<button data-vigil="offer/winter-tyres"><b>Winter tyres</b></button>
"""


class WebPage:
    """The page: the same on every path."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.url = f"{self.origin}/cars"
        self.html = b""

    def snippet_of(self, vigil: str) -> None:
        """Say where Vigil is; before that the page is empty."""
        self.html = PAGE.format(vigil=vigil).encode()


@contextmanager
def serving() -> Iterator[WebPage]:
    """Serve it on a free port of 127.0.0.1."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.send_header("content-length", str(len(page.html)))
            self.end_headers()
            self.wfile.write(page.html)

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    page = WebPage(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield page
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
