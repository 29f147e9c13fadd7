"""Several processes behind nginx, by the very file of the deployment page but for its addresses and TLS."""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from conftest import _free_port, _wait_for

NGINX: Final = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
_PAGE: Final = Path(__file__).parents[2] / "docs" / "deployment.md"
_AROUND: Final = """
pid nginx.pid;
error_log error.log;
events {{ worker_connections 4096; }}
http {{
access_log off;
client_body_temp_path body; proxy_temp_path proxy;
fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
{}
}}
"""


@contextmanager
def behind_nginx(ports: Sequence[int]) -> Iterator[str]:
    """The address at which nginx sends each person to one of these processes."""
    port = _free_port()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)  # its workers are somebody else
        settings = Path(folder) / "nginx.conf"
        settings.write_text(_AROUND.format(_as_on_the_page(port, ports)))
        output = Path(folder) / "output"
        with output.open("wb") as file:
            process = subprocess.Popen(
                [str(NGINX), "-p", folder, "-e", "error.log", "-c", str(settings), "-g", "daemon off;"],
                stdout=file,
                stderr=file,
            )
        try:
            _wait_for(f"http://127.0.0.1:{port}/healthz", process, output)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=30)


def _as_on_the_page(port: int, ports: Sequence[int]) -> str:
    """The upstreams, the map and the second server of the page, without certificates."""
    (shown,) = re.findall(r"```nginx\n(.*?)```", _PAGE.read_text(), re.DOTALL)
    made = re.sub(r"server \{\n    listen 80;.*?\n\}\n", "", shown, flags=re.DOTALL)
    made = re.sub(r"    ssl_.*\n", "", made)
    made = made.replace("listen 443 ssl http2;", f"listen 127.0.0.1:{port};")
    servers = "".join(f"    server 127.0.0.1:{each};\n" for each in ports)
    return re.sub(r"(?:    server 127\.0\.0\.2:\d+;\n)+", servers, made)
