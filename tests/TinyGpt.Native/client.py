"""Uses the C library by ctypes, without any binding: python3 client.py LIBRARY GOLDEN_FOLDER prints what the model says."""

import ctypes
import sys
import threading


class EngineOptions(ctypes.Structure):
    _fields_ = [("size", ctypes.c_uint32)] + [(name, ctypes.c_int32) for name in ("max_sessions", "threads", "planned_context", "kv_int8")]


class SessionOptions(ctypes.Structure):
    _fields_ = [
        ("size", ctypes.c_uint32),
        ("max_new_tokens", ctypes.c_int32),
        ("seed", ctypes.c_uint64),
        ("temperature", ctypes.c_float),
        ("top_p", ctypes.c_float),
        ("min_p", ctypes.c_float),
        ("top_k", ctypes.c_int32),
        ("repetition_penalty", ctypes.c_float),
        ("stops", ctypes.POINTER(ctypes.c_char_p)),
        ("stop_count", ctypes.c_size_t),
    ]


BUSY = 5
library = ctypes.CDLL(sys.argv[1])
library.tgpt_version.restype = ctypes.c_char_p
library.tgpt_last_error.restype = ctypes.c_size_t
library.tgpt_step.argtypes = [ctypes.c_uint64, ctypes.c_double, ctypes.POINTER(ctypes.c_int)]


def check(result):
    if result != 0:
        message = ctypes.create_string_buffer(500)
        library.tgpt_last_error(message, ctypes.c_size_t(500))
        sys.exit(f"FAILED with {result}: {message.value.decode()}")


def answer(engine, session):
    text, buffer = b"", ctypes.create_string_buffer(64)
    length, status = ctypes.c_size_t(), ctypes.c_int(1)
    while status.value != 0:
        check(library.tgpt_step(engine, 2.0, ctypes.byref(status)))
        while True:
            check(library.tgpt_read(session, buffer, ctypes.c_size_t(64), ctypes.byref(length)))
            if length.value == 0:
                break
            text += buffer.raw[: length.value]
            buffer.raw[: length.value].decode("utf-8")  # never ends within a character
    return text


engine, session = ctypes.c_uint64(), ctypes.c_uint64()
engine_options = EngineOptions(ctypes.sizeof(EngineOptions), 4, 1, 0, 0)
check(library.tgpt_open(sys.argv[2].encode() + b"/first-lz4.tgpt", ctypes.byref(engine_options), ctypes.byref(engine)))
options = SessionOptions(size=ctypes.sizeof(SessionOptions), max_new_tokens=20)
check(library.tgpt_session_create(engine, ctypes.byref(options), ctypes.byref(session)))
check(library.tgpt_append(session, b"A room", ctypes.c_size_t(6), 1))
sys.stdout.buffer.write(answer(engine, session) + b"\n")

# Two threads in one engine: each call is done whole, or refused as busy.
check(library.tgpt_append(session, b"and then", ctypes.c_size_t(8), 1))
results = []
threads = [threading.Thread(target=lambda: results.extend(library.tgpt_step(engine, 0.2, None) for _ in range(200))) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if not set(results) <= {0, BUSY}:
    sys.exit(f"FAILED: two threads got {set(results)}")

check(library.tgpt_close(engine))
