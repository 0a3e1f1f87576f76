"""nginx from Debian, as a child process with a configuration of ours, in front of the local server."""

from __future__ import annotations

import contextlib
import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from chat_completions.local import LocalServer
from tests.cli.certificates import self_signed
from tests.interop.environments import build_folder
from tests.interop.processes import ServerProcess, free_port

PACKAGES = ("nginx", "nginx-common")
READ_SECONDS = 1  # proxy_read_timeout
KEEPALIVE_SECONDS = 1
LARGEST_BODY = 2000  # bytes
CHUNK_DELAY = 0.05  # seconds between the chunks of the local server

# Each location is one way to run nginx before the same server.
CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $host;
    proxy_read_timeout {read_seconds}s;
    gzip_proxied any;
    gzip_min_length 0;
    gzip_types application/json text/event-stream;
    upstream fast {{ server 127.0.0.1:{fast}; keepalive 8; }}
    server {{
        listen 127.0.0.1:{port};
        listen 127.0.0.1:{secure_port} ssl http2;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location = /healthy {{ return 204; }}
        location /buffered/ {{ proxy_pass http://fast/; }}
        location /old/ {{ proxy_pass http://fast/; proxy_http_version 1.0; }}
        location /unbuffered/ {{ proxy_pass http://fast/; proxy_buffering off; }}
        location /gzip/ {{ proxy_pass http://fast/; gzip on; proxy_buffering off; }}
        location /gzip-buffered/ {{ proxy_pass http://fast/; gzip on; }}
        location /small/ {{ proxy_pass http://fast/; client_max_body_size {largest}; }}
        location /nobody/ {{ proxy_pass http://127.0.0.1:{nobody}/; }}
        location /silent/ {{ proxy_pass http://127.0.0.1:{silent}/; }}
        location /slow/ {{ proxy_pass http://127.0.0.1:{slow}/; proxy_buffering off; }}
    }}
    server {{
        listen 127.0.0.1:{brief_port};
        keepalive_timeout {keepalive_seconds}s;
        location / {{ proxy_pass http://fast/; proxy_buffering off; }}
    }}
    server {{
        listen 127.0.0.1:{once_port};
        keepalive_requests 1;
        location / {{ proxy_pass http://fast/; proxy_buffering off; }}
    }}
}}
"""


@dataclass(frozen=True)
class Nginx:
    """A running nginx.

    Attributes:
        version: Its version.
        plain: The address of the locations over HTTP.
        secure: The same over TLS, with HTTP/2.
        brief: An address that closes idle connections soon.
        once: An address that closes each connection after one request.
        direct: The address of the server behind it.
        trust: The SSL context that trusts its certificate.
    """

    version: str
    plain: str
    secure: str
    brief: str
    once: str
    direct: str
    trust: ssl.SSLContext


def program() -> Path:
    """Return nginx's program: that of the system, else that of Debian's packages, unpacked into a folder.

    Raises:
        RuntimeError: They cannot be downloaded or unpacked.
    """
    if there := shutil.which("nginx"):
        return Path(there)
    folder = build_folder() / "nginx"
    found = folder / "usr" / "sbin" / "nginx"
    if not found.exists():
        print(f"making {folder.name} ...", flush=True)
        folder.mkdir(exist_ok=True)
        try:
            _run(["apt-get", "download", *PACKAGES], folder)
            for package in folder.glob("*.deb"):
                _run(["dpkg-deb", "--extract", str(package), str(folder)], folder)
        except OSError as error:
            raise RuntimeError(f"nginx is not installed, and there is no {error.filename} to unpack it") from None
    return found


def _run(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")


@contextlib.contextmanager
def running() -> Iterator[Nginx]:
    """Run nginx, and the servers behind it, for as long as the block lasts."""
    command, folder = program(), build_folder() / "nginx-run"
    folder.mkdir(exist_ok=True)
    certificate, key = self_signed(folder, begins=timedelta(0), ends=timedelta(days=1))
    nobody, port, secure_port, brief_port, once_port = (free_port() for _ in range(5))
    with (
        LocalServer(chunk_delay=CHUNK_DELAY) as fast,
        LocalServer(chunk_delay=3.0 * READ_SECONDS) as slow,
        socket.create_server(("127.0.0.1", 0)) as silent,  # connects, and answers nothing
    ):
        text = CONFIGURATION.format(
            folder=folder,
            read_seconds=READ_SECONDS,
            keepalive_seconds=KEEPALIVE_SECONDS,
            largest=LARGEST_BODY,
            fast=_port(fast.base_url),
            slow=_port(slow.base_url),
            silent=silent.getsockname()[1],
            nobody=nobody,
            port=port,
            secure_port=secure_port,
            brief_port=brief_port,
            once_port=once_port,
            certificate=certificate,
            key=key,
        )
        (folder / "nginx.conf").write_text(text)
        arguments = [str(command), "-p", str(folder), "-e", str(folder / "error.log"), "-c", str(folder / "nginx.conf")]
        process = ServerProcess(
            arguments,
            health=f"http://127.0.0.1:{port}/healthy",
            log=folder / "nginx.log",
            environment={},
            patience=10,
        )
        shown = subprocess.run([command, "-v"], capture_output=True, text=True, check=True).stderr
        with process:
            yield Nginx(
                shown.strip().rpartition("/")[2],
                f"http://127.0.0.1:{port}",
                f"https://127.0.0.1:{secure_port}",
                f"http://127.0.0.1:{brief_port}",
                f"http://127.0.0.1:{once_port}",
                fast.base_url.removesuffix("/v1"),
                ssl.create_default_context(cafile=str(certificate)),
            )


def _port(base_url: str) -> str:
    return base_url.removesuffix("/v1").rpartition(":")[2]
