"""The app of Gunicorn and uWSGI: 300 ms to start, 5 ms to answer."""
import time

time.sleep(0.3)


def application(environ, start_response):
    time.sleep(0.005)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\n"]
