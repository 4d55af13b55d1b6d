#!/usr/bin/env python3
"""The memory of everup balance: 10 GB up and down, 1,000 idle WebSockets, 10,000 kept
connections, each beside what it takes when it is idle.

    cargo build --release && benches/balancer_memory.py [GIGABYTES]

Loopback only, ports 18100 and 18101; ends what it started. Needs 20,000 open files.
"""

import os
import resource
import select
import socket
import subprocess
import sys
import tempfile
import threading
import time

GIGABYTES = int(sys.argv[1]) if len(sys.argv) > 1 else 10
BYTES = GIGABYTES * 1_000_000_000
EVERUP = os.environ.get("EVERUP", "target/release/everup")
BACKEND, BALANCER = 18100, 18101
got = {}


def serve(connection):
    """One connection of the backend: health, a download, an upload, a WebSocket, a page."""
    with connection:
        while True:
            head = b""
            while b"\r\n\r\n" not in head:
                piece = connection.recv(65536)
                if not piece:
                    return
                head += piece
            head, rest = head.split(b"\r\n\r\n", 1)
            path = head.split(b" ", 2)[1]
            if path == b"/down":
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % BYTES)
                with tempfile.TemporaryFile() as sparse:
                    sparse.truncate(BYTES)
                    sent = 0
                    while sent < BYTES:
                        sent += os.sendfile(connection.fileno(), sparse.fileno(), sent, 1 << 24)
            elif path == b"/up":
                buffer, left = bytearray(1 << 20), BYTES - len(rest)
                while left:
                    left -= connection.recv_into(buffer, min(left, len(buffer)))
                got["up"] = BYTES
                connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
            elif path == b"/chat":
                connection.sendall(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\n"
                                   b"upgrade: websocket\r\n\r\nhi")
                while connection.recv(65536):
                    pass
                return
            else:
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")


def backend():
    listener = socket.create_server(("127.0.0.1", BACKEND), backlog=4096)
    threading.stack_size(256 * 1024)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def connect():
    return socket.create_connection(("127.0.0.1", BALANCER))


def read_head(connection):
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        assert piece, "no answer"
        head += piece
    return head.split(b"\r\n\r\n", 1)


def memory(pid, kind="VmRSS"):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(kind + ":"):
            return int(line.split()[1]) / 1024
    raise SystemExit("no such process")


class Highest(threading.Thread):
    """The most memory that a process has while something goes on."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self.pid, self.most, self.over = pid, 0, threading.Event()

    def run(self):
        while not self.over.wait(0.05):
            self.most = max(self.most, memory(self.pid))

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.most = max(self.most, memory(self.pid))
        self.over.set()


def main():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    threading.Thread(target=backend, daemon=True).start()
    process = subprocess.Popen(
        [EVERUP, "balance", "--listen", f"127.0.0.1:{BALANCER}",
         "--backend", f"http://127.0.0.1:{BACKEND}"], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        pid = process.pid
        print(f"idle                       {memory(pid):7.1f} MiB")
        with Highest(pid) as highest:
            began, left = time.monotonic(), BYTES
            visitor = connect()
            visitor.sendall(b"GET /down HTTP/1.1\r\nhost: a\r\n\r\n")
            head, rest = read_head(visitor)
            assert head.startswith(b"HTTP/1.1 200"), head
            left -= len(rest)
            buffer = bytearray(1 << 20)
            while left:
                count = visitor.recv_into(buffer)
                assert count, "it broke off"
                left -= count
            visitor.close()
        print(f"{GIGABYTES} GB down                 {highest.most:7.1f} MiB at most, "
              f"{BYTES / 1e9 / (time.monotonic() - began):.1f} GB/s")
        with Highest(pid) as highest:
            began, left = time.monotonic(), BYTES
            visitor = connect()
            visitor.sendall(b"POST /up HTTP/1.1\r\nhost: a\r\ncontent-length: %d\r\n\r\n" % BYTES)
            piece = bytes(1 << 20)
            while left:
                left -= visitor.send(piece[:min(left, len(piece))])
            assert read_head(visitor)[0].startswith(b"HTTP/1.1 204") and got["up"] == BYTES
            visitor.close()
        print(f"{GIGABYTES} GB up                   {highest.most:7.1f} MiB at most, "
              f"{BYTES / 1e9 / (time.monotonic() - began):.1f} GB/s")
        before = memory(pid)
        chats = []
        for _ in range(1_000):
            chat = connect()
            chat.sendall(b"GET /chat HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\n"
                         b"upgrade: websocket\r\n\r\n")
            chats.append(chat)
        for chat in chats:
            assert read_head(chat)[0].startswith(b"HTTP/1.1 101")
        time.sleep(3)
        print(f"1,000 idle WebSockets      {memory(pid):7.1f} MiB, "
              f"{(memory(pid) - before) * 1024 / 1000:.1f} KiB each")
        for chat in chats:
            chat.close()
        time.sleep(2)
        before = memory(pid)
        kept = []
        for _ in range(10_000):
            visitor = connect()
            visitor.sendall(b"GET /x HTTP/1.1\r\nhost: a\r\n\r\n")
            head, body = read_head(visitor)
            assert head.startswith(b"HTTP/1.1 200")
            kept.append(visitor)
        time.sleep(3)
        closed = select.poll()
        for visitor in kept:
            closed.register(visitor, select.POLLIN)
        assert not closed.poll(0), "some are closed already"
        print(f"10,000 kept connections    {memory(pid):7.1f} MiB, "
              f"{(memory(pid) - before) * 1024 / 10_000:.1f} KiB each")
        for visitor in kept:
            visitor.close()
        time.sleep(3)
        print(f"and when they have gone    {memory(pid):7.1f} MiB; "
              f"{memory(pid, 'VmHWM'):.1f} MiB at most")
    finally:
        process.terminate()
        process.wait(40)


main()
