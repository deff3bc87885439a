# Threads, as only these keep connections alive; SIGHUP is the documented graceful reload.
import os

bind = "127.0.0.1:" + os.environ["PORT"]
workers = int(os.environ["WORKERS"])
worker_class = "gthread"
threads = 16
keepalive = 600
graceful_timeout = 30
chdir = os.environ["PEERS"]
worker_tmp_dir = os.environ["SCRATCH"]
