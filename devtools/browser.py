"""A headless Chromium over its DevTools protocol: just what pictures need.

Run inside the host's environment (``websocket-client``, ``requests`` live there).
"""

import base64
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import requests
import websocket

FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-allow-origins=*",
    "--remote-debugging-port=0",
    "--force-device-scale-factor=1",
]
WAIT_SECONDS = 30


class Browser:
    """``with Browser() as browser``: one tab."""

    def __enter__(self):
        self.profile = Path(tempfile.mkdtemp(prefix="crm-chromium-"))
        self.process = subprocess.Popen(
            [
                shutil.which("chromium"),
                *FLAGS,
                f"--user-data-dir={self.profile}",
                "about:blank",
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        port = self._read_port()
        pages = requests.get(
            f"http://127.0.0.1:{port}/json", timeout=WAIT_SECONDS
        ).json()
        page = next(page for page in pages if page["type"] == "page")
        self.socket = websocket.create_connection(
            page["webSocketDebuggerUrl"], timeout=WAIT_SECONDS, suppress_origin=True
        )
        self.last_id = 0
        for domain in ("Page", "Runtime", "Network"):
            self.call(f"{domain}.enable")
        return self

    def __exit__(self, *exc_info):
        self.socket.close()
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.profile, ignore_errors=True)

    def _read_port(self):
        path = self.profile / "DevToolsActivePort"
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if path.exists() and path.read_text().strip():
                return path.read_text().split()[0]
            time.sleep(0.1)
        raise TimeoutError("Chromium did not start")

    def call(self, method, **params):
        """Send one command and return its result; events in between are dropped."""
        self.last_id += 1
        self.socket.send(
            json.dumps({"id": self.last_id, "method": method, "params": params})
        )
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") == self.last_id:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def log_in(self, base_url, database, login, password):
        """A session of ``login``, put into the browser as its cookie."""
        session = requests.Session()
        answer = session.post(
            f"{base_url}/web/session/authenticate",
            json={"params": {"db": database, "login": login, "password": password}},
            timeout=WAIT_SECONDS,
        ).json()
        if not answer.get("result", {}).get("uid"):
            raise PermissionError(f"{login} could not log in")
        self.call("Network.clearBrowserCookies")
        self.call(
            "Network.setCookie",
            name="session_id",
            value=session.cookies["session_id"],
            url=base_url,
        )

    def resize(self, width, height, *, touch=False):
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=touch,
        )  # fmt: skip
        self.call("Emulation.setTouchEmulationEnabled", enabled=touch)

    def open(self, url):
        self.call("Page.navigate", url=url)

    def evaluate(self, expression):
        result = self.call(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
        )
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"]["exception"]["description"])
        return result["result"].get("value")

    def wait(self, selector):
        """Until ``selector`` is on the page and the network has been still for a moment."""
        script = f"Boolean(document.querySelector({json.dumps(selector)}))"
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline:
            if self.evaluate(script):
                time.sleep(0.7)  # pictures and fonts
                return
            time.sleep(0.1)
        raise TimeoutError(f"{selector} did not appear")

    def click(self, selector):
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, text):
        """Type into what has the focus."""
        self.call("Input.insertText", text=text)

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(base64.b64decode(data))
