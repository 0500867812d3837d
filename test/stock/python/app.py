"""The stock world by Python's standard library and the bindings that componentize-py makes."""

import encodings.idna  # a lookup of a name wants it, and only what is imported now is in the component
import os
import secrets
import socket
import sys
import time
from urllib.parse import urlsplit

from componentize_py_types import Err
from wit_world import exports
from wit_world.imports import outgoing_handler, streams
from wit_world.imports.types import (
    Fields,
    IncomingBody,
    Method_Get,
    Method_Put,
    OutgoingBody,
    OutgoingRequest,
    Scheme_Http,
    Scheme_Https,
)


def plain(work):
    """Failures of the standard library as the error case of the result."""
    try:
        return work()
    except (OSError, UnicodeDecodeError) as error:
        raise Err(str(error)) from None


class Files(exports.Files):
    def read(self, path):
        def work():
            with open(path, encoding="utf-8") as file:
                return file.read()

        return plain(work)

    def write(self, path, text):
        def work():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

        return plain(work)

    def entries(self, path):
        return plain(lambda: sorted(os.listdir(path)))

    def shuffle(self, dir):
        def work():
            inner = f"{dir}/inner"
            moved = f"{inner}/two"
            os.mkdir(inner)
            with open(f"{dir}/one", "w", encoding="utf-8") as file:
                file.write("first line\n")
                file.flush()
                os.fsync(file.fileno())
            os.rename(f"{dir}/one", moved)
            with open(moved, "a", encoding="utf-8") as file:
                file.write("second line\n")
            if os.stat(moved).st_size != 23:
                raise Err(f"the file has {os.stat(moved).st_size} bytes")
            os.unlink(moved)
            os.rmdir(inner)

        return plain(work)


class Process(exports.Process):
    def environment(self):
        return list(os.environ.items())

    def arguments(self):
        return sys.argv

    def input(self):
        return plain(lambda: len(sys.stdin.buffer.read()))

    def connect(self, address):
        host, port = address.rsplit(":", 1)
        plain(lambda: socket.create_connection((host, int(port))).close())


class Script(exports.Script):
    def say(self, line):
        print(line, flush=True)
        print(line, file=sys.stderr, flush=True)

    def sleep(self, milliseconds):
        start = time.monotonic()
        time.sleep(milliseconds / 1000)
        return int(time.time()), int((time.monotonic() - start) * 1000)

    def random(self, count):
        return secrets.token_bytes(count)


class Web(exports.Web):
    def get(self, url):
        response = send(request(Method_Get(), url), [])
        status = response.status()
        return status, b"".join(chunks(response)).decode()

    def pass_(self, source, target):
        passed = 0

        def counted():
            nonlocal passed
            for chunk in chunks(send(request(Method_Get(), source), [])):
                passed += len(chunk)
                yield chunk

        answer = send(request(Method_Put(), target), counted())
        return passed, answer.status()


def request(method, url):
    parts = urlsplit(url)
    made = OutgoingRequest(Fields.from_list([]))
    made.set_method(method)
    made.set_scheme(Scheme_Https() if parts.scheme == "https" else Scheme_Http())
    made.set_authority(parts.netloc)
    made.set_path_with_query(parts.path + (f"?{parts.query}" if parts.query else ""))
    return made


def send(made, body):
    out = made.body()
    try:
        future = outgoing_handler.handle(made, None)
        with out.write() as stream:
            for chunk in body:
                for at in range(0, len(chunk), 4096):
                    stream.blocking_write_and_flush(chunk[at : at + 4096])
        OutgoingBody.finish(out, None)
        with future.subscribe() as pollable:
            pollable.block()
        response = future.get().value
    except Err as error:
        raise Err(str(error.value)) from None
    if isinstance(response, Err):
        raise Err(str(response.value))
    return response.value


def chunks(response):
    body = response.consume()
    with body.stream() as stream:
        while True:
            try:
                yield stream.blocking_read(65536)
            except Err as error:
                if isinstance(error.value, streams.StreamError_Closed):
                    break
                raise Err(error.value.value.to_debug_string()) from None
    IncomingBody.finish(body)
