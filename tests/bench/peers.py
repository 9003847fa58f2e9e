"""The servers that are compared: the configuration that each needs, how it is started and ended.

Every server gets a temporary folder and a free loopback port, and is ended by its process id.
"""

import contextlib
import os
import resource
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

FILES = 40000  # descriptors a server may have, if the machine lets us say so
START_SECONDS = 10
END_SECONDS = 3

ENGINE = """local relay = require "relay"

relay.node {{
  name   = "bench",
  listen = "127.0.0.1:{port}",
  limits = {{ connections = 18000, connections_per_address = 0, messages_per_second = 0,
             send_queue_bytes = 16777216 }},
  drain_seconds = 1,
  log    = {{ level = "warn" }},
}}
"""

NATS = """listen: "127.0.0.1:{second_port}"
max_connections: 65536
websocket {{
  listen: "127.0.0.1:{port}"
  no_tls: true
  compression: false
}}
"""

NGINX = """load_module {module};
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 18000; multi_accept on; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    location = /sub {{
      nchan_subscriber websocket;
      nchan_channel_id $arg_id;
      nchan_subscriber_first_message newest;
    }}
    location = /pub {{
      nchan_publisher websocket;
      nchan_channel_id $arg_id;
    }}
  }}
}}
"""


class PeerError(Exception):
    """A server that did not start."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def file_limit() -> int:
    """The descriptors that a server may have: ours to raise as root, else what there is."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard > FILES:
        return FILES
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (FILES, FILES))
        return FILES
    except (ValueError, OSError):
        return hard


def find_module() -> str:
    for folder in ("/usr/lib/nginx/modules", "/usr/lib64/nginx/modules"):
        path = Path(folder, "ngx_nchan_module.so")
        if path.exists():
            return str(path)
    return ""


class Peer:
    """One of the servers. `missing` says why it cannot be run; empty when it can."""

    dialect = "wsrelay"

    def __init__(self, name: str, label: str, program: str) -> None:
        self.name = name
        self.label = label
        self.program = program
        self.missing = "" if program else "not installed"

    def command(self, folder: Path, port: int) -> list[str]:
        """Writes what the server needs into the folder and returns its command line."""
        raise NotImplementedError

    def version(self) -> str:
        return ""

    def first_line(self, *command: str) -> str:
        if self.missing:
            return ""
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return ""
        return ((done.stdout or done.stderr).strip().splitlines() or [""])[0]


class Engine(Peer):
    def command(self, folder: Path, port: int) -> list[str]:
        script = folder / "main.lua"
        script.write_text(ENGINE.format(port=port))
        return [self.program, str(script)]

    def version(self) -> str:
        return self.first_line(self.program, "--version")


class Simple(Peer):
    """The floor and the textbook relay: a port is all they want."""

    def command(self, folder: Path, port: int) -> list[str]:
        return [self.program, str(port)]


class Nats(Peer):
    dialect = "nats"

    def command(self, folder: Path, port: int) -> list[str]:
        config = folder / "nats.conf"
        config.write_text(NATS.format(port=port, second_port=free_port()))
        return [self.program, "-c", str(config)]

    def version(self) -> str:
        return self.first_line(self.program, "--version")


class Nchan(Peer):
    dialect = "nchan"

    def __init__(self, name: str, label: str, program: str) -> None:
        super().__init__(name, label, program)
        self.module = find_module()
        if program and not self.module:
            self.missing = "nginx without the nchan module"

    def command(self, folder: Path, port: int) -> list[str]:
        config = folder / "nginx.conf"
        config.write_text(
            NGINX.format(folder=folder, port=port, module=self.module, files=file_limit())
        )
        return [self.program, "-p", str(folder), "-c", str(config)]

    def version(self) -> str:
        return self.first_line(self.program, "-v")


def built(path: Path) -> str:
    return str(path) if os.access(path, os.X_OK) else ""


def system(program: str) -> str:
    return shutil.which(program, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/bin") or ""


def all_peers(build: Path, engine: str) -> list[Peer]:
    bench = build / "tests" / "bench"
    peers: list[Peer] = [
        Engine("engine", "wsrelay-engine", engine or built(build / "wsrelay-engine")),
        Simple("floor", "bare send()", built(bench / "bench-floor")),
        Simple("textbook", "textbook libwebsockets", built(bench / "bench-textbook")),
        Nats("nats", "nats-server", system("nats-server")),
        Nchan("nchan", "nginx nchan", system("nginx")),
    ]
    for peer in peers[:3]:
        if peer.missing:
            peer.missing = "not built"
    return peers


def prepare(cpus: set[int]):
    """What a server does between fork and exec: its processors and its descriptors."""
    files = file_limit()

    def run() -> None:
        os.sched_setaffinity(0, cpus)
        resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

    return run


def answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_for(process: subprocess.Popen, port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            break
        if answers(port):
            return
        time.sleep(0.02)
    said = log.read_text(errors="replace").strip().splitlines()
    raise PeerError("did not start: " + (said[-1] if said else "no word why"))


def end(process: subprocess.Popen) -> None:
    """Asks, asks again (a second TERM ends our engine at once), and then does not ask."""
    for _ in range(2):
        if process.poll() is None:
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(END_SECONDS)
            return
    # It leads a session of its own, so this is the server and its children, nothing else.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(END_SECONDS)


@contextlib.contextmanager
def running(peer: Peer, folder: Path, cpus: set[int]):
    """Starts the server; gives its process and its port; ends it whatever happens."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            peer.command(folder, port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=folder,
            start_new_session=True,
            preexec_fn=prepare(cpus),
        )
    try:
        wait_for(process, port, log)
        time.sleep(0.3)  # what a server still does after it began to listen
        yield process, port
    finally:
        end(process)
