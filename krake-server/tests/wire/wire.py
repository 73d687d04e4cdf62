#!/usr/bin/env python3
"""Record and replay HTTP conversations with a Krake API server.

    wire.py replay   --base-url URL [options] FILE|DIRECTORY ...
    wire.py record   --url PROFILE=URL ... --out DIRECTORY SKETCH.py ...
    wire.py list     FILE|DIRECTORY ...     one line per transcript
    wire.py identity [--port N]             the stand-in for Keystone and Keycloak
    wire.py seed     --base-url URL         role and binding of system:admin

"replay" is assumed when the first argument is none of these words.  A
transcript is one JSON file; README.md, next to this file, describes the format.
Only the Python standard library is used (3.8 or later).
"""

import argparse
import base64
import concurrent.futures
import contextlib
import datetime
import fnmatch
import http.client
import http.server
import json
import os
import re
import runpy
import secrets
import socket
import ssl
import sys
import threading
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
RUN = "{{run}}"
RUN_LENGTH = 8
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?\+00:00")
MISSING = object()


def new_run():
    """A suffix of fixed length, so that {{run}} can be part of names of a given length."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    return "r" + "".join(secrets.choice(letters + "0123456789") for _ in range(RUN_LENGTH - 2)) + "x"


def parse_time(text):
    if not isinstance(text, str) or not TIME.fullmatch(text):
        return None
    if "." in text:
        head, tail = text[:-6].split(".")
        text = head + "." + tail.ljust(6, "0") + "+00:00"
    try:
        return datetime.datetime.fromisoformat(text)
    except ValueError:
        return None


def brief(value, limit=110):
    if value is MISSING:
        return "nothing"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= limit else text[: limit - 1] + "…"


def at_pointer(value, pointer):
    """The value at a JSON pointer, or MISSING."""
    for part in [p.replace("~1", "/").replace("~0", "~") for p in pointer.split("/")[1:]]:
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


# ---------------------------------------------------------------------------
# Values: filling in what is sent, comparing what comes back


class Unbound(Exception):
    """A step needs a value that no earlier answer supplied."""


class Bindings:
    """What one replay of one transcript knows: the run suffix and the named values."""

    def __init__(self, run):
        self.run = run
        self.values = {}
        self.uuids = {}

    def text(self, template):
        return template.replace(RUN, self.run)

    def fill(self, template):
        """The concrete form of a value that is to be sent (or of a literal)."""
        if isinstance(template, str):
            return self.text(template)
        if isinstance(template, list):
            return [self.fill(item) for item in template]
        if isinstance(template, dict):
            if set(template) == {"$value"}:
                if template["$value"] not in self.values:
                    raise Unbound("no earlier answer supplied the value %r" % template["$value"])
                return self.values[template["$value"]]
            if set(template) == {"$repeat"}:
                text, times = template["$repeat"]
                return self.text(text) * times
            return {self.text(key): self.fill(item) for key, item in template.items()}
        return template


def matches(expected, actual, known, path, report):
    """Compare an answer with its pattern; call report(path, expected, actual) per difference."""
    if isinstance(expected, dict):
        if expected and all(key.startswith("$") for key in expected) and set(expected) != {"$exact"}:
            match_pattern(expected, actual, known, path, report)
        else:
            match_object(expected, actual, known, path, report)
    elif isinstance(expected, list):
        if not isinstance(actual, list):
            report(path, "an array", actual)
            return
        if len(expected) != len(actual):
            report(path, "%d items" % len(expected), actual)
        for index, (want, got) in enumerate(zip(expected, actual)):
            matches(want, got, known, "%s/%d" % (path, index), report)
    elif isinstance(expected, str):
        if actual != known.text(expected):
            report(path, known.text(expected), actual)
    elif expected is None or isinstance(expected, bool):
        if actual is not expected:
            report(path, expected, actual)
    elif isinstance(expected, int):
        # An integer has to arrive as an integer, a real number may lack its fraction.
        if isinstance(actual, bool) or not isinstance(actual, int) or actual != expected:
            report(path, expected, actual)
    else:
        if isinstance(actual, bool) or not isinstance(actual, (int, float)) or actual != expected:
            report(path, expected, actual)


def match_object(expected, actual, known, path, report):
    if not isinstance(actual, dict):
        report(path, "an object", actual)
        return
    exact = expected.get("$exact", False)
    seen = set()
    for key, want in expected.items():
        if key == "$exact":
            continue
        key = known.text(key)
        seen.add(key)
        got = actual.get(key, MISSING)
        inner = path + "/" + key
        if isinstance(want, dict) and "$absent" in want:
            if got is not MISSING:
                report(inner, "no such member", got)
        elif got is MISSING:
            report(inner, want, got)
        else:
            matches(want, got, known, inner, report)
    if exact:
        for key in actual:
            if key not in seen:
                report(path + "/" + key, "no such member", actual[key])


def match_pattern(pattern, actual, known, path, report):
    for name in pattern:
        if name not in PATTERNS:
            report(path, "a matcher this replayer knows, not %r" % name, actual)
            return
    if actual is MISSING:
        report(path, pattern, actual)
        return
    if "$select" in pattern:
        match_selection(pattern, actual, known, path, report)
        return
    if pattern.get("$uuid") and not (isinstance(actual, str) and UUID.fullmatch(actual)):
        report(path, "a version 4 UUID", actual)
        return
    if pattern.get("$time"):
        moment = parse_time(actual)
        if moment is None:
            report(path, "a UTC time like 2020-02-29T23:59:59.000001+00:00", actual)
            return
        if "$recent" in pattern:
            now = datetime.datetime.now(datetime.timezone.utc)
            if abs((now - moment).total_seconds()) > pattern["$recent"]:
                report(path, "a time within %ss of now" % pattern["$recent"], actual)
        if "$after" in pattern:
            earlier = known.values.get(pattern["$after"])
            if earlier is not None and parse_time(earlier) is not None and moment <= parse_time(earlier):
                report(path, "a time after %s" % earlier, actual)
    if "$same" in pattern or "$value" in pattern:
        name = pattern.get("$same", pattern.get("$value"))
        if name not in known.values:
            known.values[name] = actual
            if pattern.get("$uuid"):
                for other, value in known.uuids.items():
                    if value == actual:
                        report(path, "a UUID other than that of %s" % other, actual)
                known.uuids[name] = actual
        elif known.values[name] != actual:
            report(path, "%s (%s)" % (known.values[name], name), actual)
    if pattern.get("$any_string") and not isinstance(actual, str):
        report(path, "a string", actual)
    if "$literal" in pattern:
        match_literal(pattern["$literal"], actual, known, path, report)
    if "$repeat" in pattern and actual != known.fill({"$repeat": pattern["$repeat"]}):
        report(path, "%r, %d times" % tuple(pattern["$repeat"]), actual)
    if "$one_of" in pattern:
        for choice in pattern["$one_of"]:
            wrong = []
            matches(choice, actual, known, path, lambda *args: wrong.append(args))
            if not wrong:
                break
        else:
            report(path, pattern, actual)
    for name, test in TEXT_TESTS.items():
        if name in pattern:
            text = known.text(pattern[name])
            if not (isinstance(actual, str) and test(text, actual)):
                report(path, {name: text}, actual)
    if "$lists" in pattern:
        words = {word.strip().upper() for word in actual.split(",")} if isinstance(actual, str) else set()
        for word in pattern["$lists"]:
            if known.text(word).upper() not in words:
                report(path, "a list naming %s" % word, actual)


def match_literal(expected, actual, known, path, report):
    """Free-form data: no matchers inside, and nothing may be added."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        expected = {known.text(key): item for key, item in expected.items()}
        for key in list(expected) + [key for key in actual if key not in expected]:
            inner = path + "/" + key
            if key not in actual:
                report(inner, expected[key], MISSING)
            elif key not in expected:
                report(inner, "no such member", actual[key])
            else:
                match_literal(expected[key], actual[key], known, inner, report)
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for index, (want, got) in enumerate(zip(expected, actual)):
            match_literal(want, got, known, "%s/%d" % (path, index), report)
    else:
        expected = known.text(expected) if isinstance(expected, str) else expected
        if isinstance(expected, bool) != isinstance(actual, bool) or expected != actual:
            report(path, expected, actual)


TEXT_TESTS = {
    "$contains": lambda want, got: want in got,
    "$starts_with": lambda want, got: got.startswith(want),
    "$ends_with": lambda want, got: got.endswith(want),
    "$regex": lambda want, got: re.search(want, got) is not None,
}
PATTERNS = set(TEXT_TESTS) | {
    "$uuid", "$time", "$recent", "$after", "$same", "$value", "$any", "$any_string", "$absent",
    "$literal", "$repeat", "$one_of", "$lists", "$select", "$items",
}


def chosen(select, item, known):
    value = at_pointer(item, select["at"])
    if not isinstance(value, str):
        return False
    if "equals" in select:
        return value == known.text(select["equals"])
    return value.endswith(known.text(select["ends_with"]))


def match_selection(pattern, actual, known, path, report):
    """An array on a server that others use too: look only at the items of this transcript."""
    if not isinstance(actual, list):
        report(path, "an array", actual)
        return
    own = [item for item in actual if chosen(pattern["$select"], item, known)]
    matches(pattern["$items"], own, known, path, report)


# ---------------------------------------------------------------------------
# HTTP


class Refused(Exception):
    """No HTTP answer: refused, cut off, or not in time."""


def media_type(answer):
    return (answer.headers.get("Content-Type") or "").split(";")[0].strip().lower()


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    def json(self):
        try:
            return json.loads(self.body.decode("utf-8"))
        except ValueError:
            return MISSING


class Server:
    """One server under test."""

    def __init__(self, base_url, timeout=10.0, certs=None):
        url = urllib.parse.urlsplit(base_url)
        self.secure = url.scheme == "https"
        self.host = url.hostname
        self.port = url.port or (443 if self.secure else 80)
        self.prefix = url.path.rstrip("/")
        self.timeout = timeout
        self.certs = certs or os.path.join(HERE, "certs")

    def connect(self, certificate=None, timeout=None):
        timeout = timeout or self.timeout
        if not self.secure:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        context = ssl.create_default_context(cafile=os.path.join(self.certs, "ca.pem"))
        if certificate:
            stem = os.path.join(self.certs, certificate)
            context.load_cert_chain(stem + ".pem", stem + ".key")
        return http.client.HTTPSConnection(self.host, self.port, timeout=timeout, context=context)

    def start(self, send, timeout=None):
        """Send a request (already filled in); returns the connection."""
        headers = dict(send.get("headers") or {})
        body = None
        if "body" in send:
            body = json.dumps(send["body"]).encode()
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
        elif "text" in send:
            body = send["text"].encode()
        elif "base64" in send:
            body = base64.b64decode(send["base64"])
        connection = self.connect(send.get("certificate"), timeout)
        try:
            connection.request(send["method"], self.prefix + send["path"], body=body, headers=headers)
        except (BrokenPipeError, ConnectionResetError):
            pass  # an early answer (413) may still be readable
        return connection

    def exchange(self, send, timeout=None):
        connection = None
        try:
            connection = self.start(send, timeout)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except socket.timeout:
            raise Refused("no answer within %gs" % (timeout or self.timeout)) from None
        except (OSError, http.client.HTTPException) as error:
            raise Refused("no answer (%s: %s)" % (type(error).__name__, error)) from None
        finally:
            if connection is not None:
                connection.close()


class Stream:
    """An open watch; a thread collects its lines."""

    def __init__(self, server, send):
        self.lines = []
        self.ended = False
        self.changed = threading.Condition()
        try:
            self.connection = server.start(send)
            self.socket = self.connection.sock
            self.response = self.connection.getresponse()
            self.socket.settimeout(None)
        except socket.timeout:
            raise Refused("no response headers within %gs" % server.timeout) from None
        except (OSError, http.client.HTTPException) as error:
            raise Refused("no answer (%s: %s)" % (type(error).__name__, error)) from None
        self.status = self.response.status
        self.headers = self.response.headers
        self.body = b""
        if self.status != 200:
            self.body = self.response.read()
            self.ended = True
            return
        threading.Thread(target=self._collect, daemon=True).start()

    def _collect(self):
        try:
            while True:
                line = self.response.readline()
                if not line:
                    break
                with self.changed:
                    self.lines.append(line)
                    self.changed.notify_all()
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def snapshot(self):
        with self.changed:
            return list(self.lines)

    def wait(self, enough, timeout):
        """Wait until enough(lines) holds, the stream ends or the time is over."""
        until = time.monotonic() + timeout
        with self.changed:
            while not enough(self.lines) and not self.ended:
                left = until - time.monotonic()
                if left <= 0:
                    break
                self.changed.wait(left)
            return list(self.lines)

    def close(self):
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(Exception):
            self.connection.close()


def split_lines(lines):
    """Heartbeats, decoded events, and complaints about lines that are neither."""
    beats, events, strange = 0, [], []
    for line in lines:
        if line == b"\n":
            beats += 1
            continue
        if not line.endswith(b"\n") or line.endswith(b"\r\n"):
            strange.append(repr(line[-40:]))
        try:
            events.append(json.loads(line.decode("utf-8")))
        except ValueError:
            strange.append(repr(line[:60]))
    return beats, events, strange


# ---------------------------------------------------------------------------
# Replay


class Player:
    """Replays one transcript."""

    def __init__(self, server, transcript, run, modified_name="MODIFIED", settle=0.3, first=False, say=None):
        self.server = server
        self.transcript = transcript
        self.known = Bindings(run)
        self.modified_name = modified_name
        self.settle = settle
        self.first = first
        self.say = say or (lambda text: None)
        self.done = 0
        self.failed = 0

    def play(self, tidy=True):
        self.play_steps(self.transcript["steps"], "")
        leaves = self.transcript.get("leaves")
        if leaves and tidy:
            identity = {key: self.known.fill(leaves[key]) for key in ("headers", "certificate") if key in leaves}
            for path in leaves["paths"]:
                tidy_up(self.server, self.known.text(path), identity)
        return self.failed == 0

    def play_steps(self, steps, prefix):
        for number, step in enumerate(steps, 1):
            self.play_step(step, "%s%d" % (prefix, number))

    def play_step(self, step, number):
        if self.first and self.failed:
            return
        wrong = []

        def report(path, expected, actual):
            want = expected if isinstance(expected, str) else brief(expected)
            wrong.append("%s: expected %s, got %s" % (path, want, brief(actual)))

        title = "?"
        try:
            if "send" in step:
                title = self.title(step["send"])
                self.check(step["expect"], self.fetch(step["send"]), report)
            elif "watch" in step:
                title = "watch " + self.known.text(step["watch"]["path"])
                self.play_watch(step, number, report)
            elif "hold" in step:
                title = "held " + self.title(step["hold"])
                self.play_hold(step, number, report)
            elif "race" in step:
                title = "%d × %s" % (step["times"], self.title(step["race"]))
                self.play_race(step, report)
            elif "wait" in step:
                title = "wait"
                time.sleep(step["wait"])
            else:
                wrong.append("a step of a kind this replayer does not know")
        except (Refused, Unbound) as problem:
            wrong.append(str(problem))
        except Exception as problem:  # a defect of the transcript or of this program
            wrong.append("cannot be judged: %s: %s" % (type(problem).__name__, problem))
        self.done += 1
        if wrong and not (self.first and self.failed):
            self.failed += 1
            rest = " (+%d more)" % (len(wrong) - 3) if len(wrong) > 3 else ""
            self.say("FAIL %s step %s %s: %s%s" % (self.transcript["name"], number, title, " | ".join(wrong[:3]), rest))

    def title(self, send):
        path = self.known.text(send["path"])
        return "%s %s" % (send["method"], path if len(path) < 120 else path[:119] + "…")

    def fill(self, send):
        return {key: self.known.fill(value) for key, value in send.items()}

    def fetch(self, send):
        try:
            return self.server.exchange(self.fill(send))
        except Refused as problem:
            return problem

    def check(self, expect, answer, report):
        if expect.get("refused"):
            if not isinstance(answer, Refused):
                report("connection", "a refusal", answer.status)
            return
        if isinstance(answer, Refused):
            raise answer
        if answer.status != expect["status"]:
            text = answer.body[:160].decode("utf-8", "replace")
            report("status", str(expect["status"]), "%s %s" % (answer.status, text))
        wanted = expect.get("content_type")
        if wanted is not None:
            charset = answer.headers.get_param("charset")
            if media_type(answer) != wanted or (isinstance(charset, str) and charset.lower() != "utf-8"):
                report("content type", wanted, answer.headers.get("Content-Type"))
        for name, want in (expect.get("headers") or {}).items():
            got = answer.headers.get(name, MISSING)
            if isinstance(want, dict) and "$absent" in want:
                if got is not MISSING:
                    report("header " + name, "none", got)
            else:
                matches(want, got, self.known, "header " + name, report)
        if expect.get("empty") and answer.body:
            report("body", "nothing", answer.body[:80].decode("utf-8", "replace"))
        if "body" in expect:
            body = answer.json()
            if body is MISSING:
                report("body", "JSON", answer.body[:80].decode("utf-8", "replace"))
            else:
                matches(expect["body"], body, self.known, "body", report)

    def play_watch(self, step, number, report):
        send = self.fill(watch_request(step["watch"]))
        stream = Stream(self.server, send)
        try:
            expect = dict(step.get("expect") or {"status": 200, "content_type": "application/x-ndjson"})
            self.check(expect, stream, report)
            if stream.status != expect["status"]:
                return
            self.play_steps(step.get("during") or [], number + ".")
            wanted = step.get("expect_events", [])
            select = step.get("select")

            def own(lines):
                events = split_lines(lines)[1]
                return [event for event in events if select is None or chosen(select, event, self.known)]

            least = step.get("heartbeats_at_least", 0)
            patience = max(self.server.timeout, 2.0 * step["watch"].get("heartbeat", 0) * least)
            stream.wait(lambda lines: len(own(lines)) >= len(wanted) and split_lines(lines)[0] >= least, patience)
            time.sleep(self.settle)
            lines = stream.snapshot()
            beats, _, strange = split_lines(lines)
            for line in strange:
                report("stream", "lines of JSON ending in a bare newline", line)
            events = own(lines)
            if len(events) != len(wanted):
                report("events", "%d of them" % len(wanted), [event.get("type") for event in events])
            for index, (want, got) in enumerate(zip(wanted, events), 1):
                want = dict(want)
                if want["type"] == "MODIFIED":
                    want["type"] = self.modified_name
                matches(want, got, self.known, "event %d" % index, report)
            if beats < least:
                report("heartbeats", "at least %d" % least, beats)
            if "heartbeats_at_most" in step and beats > step["heartbeats_at_most"]:
                report("heartbeats", "at most %d" % step["heartbeats_at_most"], beats)
            if stream.ended:
                report("stream", "an open stream", "its end")
        finally:
            stream.close()

    def play_hold(self, step, number, report):
        """A request whose answer has to wait for one of the steps that follow it."""
        result = []
        send = self.fill(step["hold"])

        def work():
            try:
                result.append(self.server.exchange(send, self.server.timeout + 20))
            except Refused as problem:
                result.append(problem)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        time.sleep(step.get("lead", 0.5))
        for index, inner in enumerate(step["during"], 1):
            if index == step["released_by"]:
                time.sleep(self.settle)
                if result:
                    report("answer", "none before step %s.%d" % (number, index), getattr(result[0], "status", None))
            self.play_step(inner, "%s.%d" % (number, index))
        thread.join(self.server.timeout)
        if not result:
            report("answer", "one after step %s.%d" % (number, step["released_by"]), MISSING)
            return
        self.check(step["expect"], result[0], report)

    def play_race(self, step, report):
        """The same request several times at once; the answers are counted by status."""
        send = self.fill(step["race"])
        with concurrent.futures.ThreadPoolExecutor(step["times"]) as pool:
            answers = list(pool.map(lambda _: self.fetch(send), range(step["times"])))
        counts = {}
        for answer in answers:
            if isinstance(answer, Refused):
                raise answer
            counts[str(answer.status)] = counts.get(str(answer.status), 0) + 1
        if counts != step["expect_counts"]:
            report("statuses", brief(step["expect_counts"]), counts)
        for answer in answers:
            expect = step.get("expect", {}).get(str(answer.status))
            if expect:
                self.check(expect, answer, report)


def watch_request(watch):
    query = "watch" if "heartbeat" not in watch else "watch&heartbeat=%s" % watch["heartbeat"]
    send = {"method": "GET", "path": watch["path"] + ("&" if "?" in watch["path"] else "?") + query}
    for key in ("headers", "certificate"):
        if key in watch:
            send[key] = watch[key]
    return send


def load_transcripts(names):
    files = []
    for name in names:
        if os.path.isdir(name):
            for folder, _, entries in sorted(os.walk(name)):
                files += [os.path.join(folder, entry) for entry in sorted(entries) if entry.endswith(".json")]
        elif os.path.exists(name):
            files.append(name)
        else:
            sys.exit("no such file: %s" % name)
    result = []
    for name in files:
        with open(name, encoding="utf-8") as handle:
            data = json.load(handle)
        if isinstance(data, dict) and "steps" in data:
            result.append(data)
    return result


def replay(options):
    transcripts = load_transcripts(options.transcripts)
    urls = {options.profile: options.base_url}
    for entry in options.url or []:
        profile, _, url = entry.partition("=")
        urls[profile] = url
    servers = {
        profile: Server(url, options.timeout, options.certs) for profile, url in urls.items() if url is not None
    }
    chosen_ones, skipped = [], {}
    for transcript in transcripts:
        profile = transcript["server"]["profile"]
        if options.only and not any(fnmatch.fnmatch(transcript["name"], pattern) for pattern in options.only):
            continue
        if profile not in servers and "any" not in servers:
            key = "profile %s" % profile
            skipped[key] = skipped.get(key, 0) + 1
        elif transcript.get("quirk") and options.quirks == "skip":
            skipped["quirk"] = skipped.get("quirk", 0) + 1
        elif not transcript.get("quirk") and options.quirks == "only":
            skipped["no quirk"] = skipped.get("no quirk", 0) + 1
        else:
            chosen_ones.append(transcript)

    for profile in sorted({transcript["server"]["profile"] for transcript in chosen_ones}):
        server = servers.get(profile) or servers["any"]
        try:
            socket.create_connection((server.host, server.port), server.timeout).close()
        except OSError as error:
            print("the server for the profile %s cannot be reached at %s:%d: %s" % (profile, server.host, server.port, error))
            return 2

    service = None
    if options.identity_port and any(t["server"]["profile"] in ("keystone", "keycloak") for t in chosen_ones):
        service = IdentityService(options.identity_port)
        service.start()

    lock = threading.Lock()
    totals = {"passed": 0, "failed": 0, "steps": 0, "bad": 0}

    def one(transcript):
        lines = []
        profile = transcript["server"]["profile"]
        run = options.run or new_run()
        player = Player(
            servers.get(profile) or servers["any"], transcript, run, options.modified_name, options.settle, options.first,
            lines.append,
        )
        started = time.monotonic()
        good = player.play(not options.keep)
        with lock:
            for line in lines:
                print(line)
            if good and options.verbose:
                print("ok   %s (%d steps, %.1fs)" % (transcript["name"], player.done, time.monotonic() - started))
            sys.stdout.flush()
            totals["passed" if good else "failed"] += 1
            totals["steps"] += player.done
            totals["bad"] += player.failed

    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for future in [pool.submit(one, transcript) for transcript in chosen_ones]:
                future.result()
    finally:
        if service:
            service.stop()
    for reason, count in sorted(skipped.items()):
        print("skipped %d transcripts (%s)" % (count, reason))
    print("%d steps, %d of them failed" % (totals["steps"], totals["bad"]))
    print("%d passed, %d failed" % (totals["passed"], totals["failed"]))
    return 1 if totals["failed"] or not chosen_ones else 0


# ---------------------------------------------------------------------------
# Record


class Surprise(Exception):
    """The server being recorded did not do what the sketch expects."""


def literal_strings(value, into):
    if isinstance(value, str):
        into.add(value)
    elif isinstance(value, list):
        for item in value:
            literal_strings(item, into)
    elif isinstance(value, dict):
        for key, item in value.items():
            into.add(key)
            literal_strings(item, into)


# Members with free-form content: compared as a whole.
FREE = {
    "labels", "metrics_reasons", "services", "manifest", "tosca", "kubeconfig", "observer_schema",
    "mangled_observer_schema", "last_observed_manifest", "last_applied_manifest", "last_applied_tosca",
}


class Tape:
    """Records one transcript: every call goes to the server and onto the tape.

    Sketches write {{run}} wherever the run suffix belongs, may use values out of
    earlier answers, and say which status they expect; anything else than that
    status stops the recording.
    """

    def __init__(self, name, about, server_needs, server, area="", quirk=None, certs=None):
        self.name = name
        self.server = server
        self.known = Bindings(new_run())
        self.ns = name + "." + RUN
        self.head = {"name": name, "area": area, "about": about}
        if quirk:
            self.head["quirk"] = quirk
        self.head["server"] = server_needs
        self.identity = TIDY_AS.get(server_needs["profile"], {})
        self.steps = [[]]
        self.names = {}      # concrete value -> name of the binding
        self.literals = set()
        self.counts = {}
        self.latest = {}     # (uid, member) -> (moment, name)
        self.created = []    # paths of objects that may be left over

    # -- names ------------------------------------------------------------

    def own(self, word):
        """A name for an object of a global kind that no other transcript uses."""
        return "%s.%s.%s" % (word, self.name, RUN)

    def mine(self, prefix="", namespaced=False):
        """Selects the items of this transcript in an array (prefix: where the object is)."""
        if namespaced:
            return {"at": prefix + "/metadata/namespace", "equals": self.ns}
        return {"at": prefix + "/metadata/name", "ends_with": ".%s.%s" % (self.name, RUN)}

    # -- steps ------------------------------------------------------------

    def call(self, method, path, body=MISSING, **more):
        """One request; returns the decoded answer (None if it has no JSON body)."""
        step, options = self.prepare(method, path, body, more)
        expect_refusal = options.get("want") == "refused"
        try:
            answer = self.server.exchange(self.concrete(step["send"], body))
        except Refused:
            if not expect_refusal:
                raise
            step["expect"] = {"refused": True}
            self.steps[-1].append(step)
            return None
        if expect_refusal:
            raise Surprise("%s %s was answered with %s" % (method, path, answer.status))
        step["expect"], result = self.expectation(answer, options, "%s %s" % (method, path))
        self.steps[-1].append(step)
        self.note_created(method, path, answer)
        return result

    def note_created(self, method, path, answer):
        body = answer.json() if method == "POST" and answer.status == 200 else None
        if isinstance(body, dict) and "metadata" in body:
            entry = self.known.text(path).split("?")[0] + "/" + body["metadata"]["name"]
            if entry not in self.created:
                self.created.append(entry)

    def get(self, path, **more):
        return self.call("GET", path, **more)

    def post(self, path, body=MISSING, **more):
        return self.call("POST", path, body, **more)

    def put(self, path, body=MISSING, **more):
        return self.call("PUT", path, body, **more)

    def delete(self, path, **more):
        return self.call("DELETE", path, **more)

    def wait(self, seconds):
        time.sleep(seconds)
        self.steps[-1].append({"wait": seconds})

    @contextlib.contextmanager
    def watch(self, path, events=0, heartbeat=0, select=None, only=None, beats=None, headers=None, about=None, **more):
        """Steps inside the block happen while the watch is open."""
        watch = {"path": path}
        if heartbeat is not None:
            watch["heartbeat"] = heartbeat
        if headers:
            watch["headers"] = headers
        watch.update(more)
        step = {}
        if about:
            step["about"] = about
        step["watch"] = watch
        stream = Stream(self.server, self.known.fill(watch_request(watch)))
        if stream.status != 200:
            raise Surprise("watch %s was answered with %s" % (path, stream.status))
        if (stream.headers.get("Content-Type") or "") != "application/x-ndjson":
            raise Surprise("watch %s has the content type %s" % (path, stream.headers.get("Content-Type")))
        self.steps.append([])
        try:
            yield
        finally:
            during = self.steps.pop()

        def own(lines):
            found = split_lines(lines)[1]
            return [event for event in found if select is None or chosen(select, event, self.known)]

        stream.wait(lambda lines: len(own(lines)) >= events, 10)
        time.sleep(0.6)
        lines = stream.snapshot()
        stream.close()
        found = own(lines)
        if len(found) != events:
            raise Surprise("watch %s: %d events: %s" % (path, len(found), [e["type"] for e in found]))
        step["during"] = during
        if select:
            step["select"] = select
        step["expect_events"] = [
            {"type": event["type"], "object": self.pattern(event["object"], only)} for event in found
        ]
        if beats:
            count = split_lines(lines)[0]
            if not beats[0] <= count <= beats[1]:
                raise Surprise("watch %s: %d heartbeats" % (path, count))
            step["heartbeats_at_least"], step["heartbeats_at_most"] = beats
        self.steps[-1].append(step)

    @contextlib.contextmanager
    def hold(self, method, path, body=MISSING, released_by=1, **more):
        """A request that is answered only after the given inner step (counted from 1)."""
        step, options = self.prepare(method, path, body, more)
        result = []
        send = self.concrete(step.pop("send"), body)

        def work():
            try:
                result.append(self.server.exchange(send, 30))
            except Refused as problem:
                result.append(problem)

        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        time.sleep(0.5)
        self.steps.append([])
        try:
            yield
        finally:
            during = self.steps.pop()
        thread.join(10)
        if not result or isinstance(result[0], Refused):
            raise Surprise("%s %s was not released" % (method, path))
        step["hold"] = self.sent(send)
        step["released_by"] = released_by
        step["during"] = during
        step["expect"], _ = self.expectation(result[0], options, "%s %s" % (method, path))
        self.steps[-1].append(step)
        self.note_created(method, path, result[0])

    def race(self, method, path, body=MISSING, times=6, counts=None, **more):
        step, options = self.prepare(method, path, body, more)
        send = self.concrete(step.pop("send"), body)
        with concurrent.futures.ThreadPoolExecutor(times) as pool:
            answers = list(pool.map(lambda _: self.server.exchange(send), range(times)))
        found, expect = {}, {}
        for answer in answers:
            key = str(answer.status)
            found[key] = found.get(key, 0) + 1
            if key not in expect:
                expect[key], _ = self.expectation(answer, dict(options, want=answer.status), path)
        if found != counts:
            raise Surprise("race %s: %s" % (path, found))
        step.update({"race": self.sent(send), "times": times, "expect_counts": found, "expect": expect})
        self.steps[-1].append(step)
        for answer in answers:
            self.note_created(method, path, answer)

    # -- details ----------------------------------------------------------

    def prepare(self, method, path, body, options):
        step = {}
        about = options.pop("about", None)
        if about:
            step["about"] = about
        send = {"method": method, "path": path}
        for key in ("headers", "text", "base64", "certificate"):
            if key in options:
                send[key] = options.pop(key)
        if body is not MISSING:
            send["body"] = body
        concrete = self.known.fill({k: v for k, v in send.items()})
        literal_strings({k: v for k, v in concrete.items() if k != "path"}, self.literals)
        step["send"] = self.sent(send)
        return step, options

    def concrete(self, send, body):
        filled = {key: self.known.fill(value) for key, value in send.items() if key != "body"}
        if body is not MISSING:
            filled["body"] = self.known.fill(body)
        return filled

    def sent(self, value):
        """What was sent, with variable values replaced by references."""
        if isinstance(value, str):
            if value in self.names:
                return {"$value": self.names[value]}
            moment = parse_time(value)
            if moment and abs((datetime.datetime.now(datetime.timezone.utc) - moment).total_seconds()) < 3600:
                raise Surprise("%s is sent, but is in no recorded answer" % value)
            return value.replace(self.known.run, RUN)
        if isinstance(value, list):
            return [self.sent(item) for item in value]
        if isinstance(value, dict):
            return {key.replace(self.known.run, RUN): self.sent(item) for key, item in value.items()}
        return value

    def expectation(self, answer, options, what):
        want = options.get("want", 200)
        if answer.status != want:
            raise Surprise("%s: %s instead of %s: %s" % (what, answer.status, want, answer.body[:600]))
        unknown = set(options) - {
            "want", "title", "absent", "exact", "only", "loose", "select", "detail", "type", "expect_headers", "empty",
        }
        if unknown:
            raise TypeError("%s: unknown options %s" % (what, unknown))
        expect = {"status": answer.status}
        if answer.headers.get("Content-Type") and answer.body:
            expect["content_type"] = media_type(answer)
        if "expect_headers" in options:
            expect["headers"] = options["expect_headers"]
            wrong = []
            for name, pattern in options["expect_headers"].items():
                got = answer.headers.get(name, MISSING)
                if isinstance(pattern, dict) and "$absent" in pattern:
                    if got is not MISSING:
                        wrong.append((name, got))
                else:
                    matches(pattern, got, self.known, name, lambda *args: wrong.append(args))
            if wrong:
                raise Surprise("%s: headers %s" % (what, wrong))
        if not answer.body:
            if options.get("empty"):
                expect["empty"] = True
            return expect, None
        if options.get("empty"):
            raise Surprise("%s: a body: %r" % (what, answer.body[:80]))
        body = answer.json()
        if body is MISSING:
            return expect, None
        if media_type(answer) == "application/problem+json":
            title = options.get("title")
            if body.get("title") != title:
                raise Surprise("%s: title %s, %s" % (what, body.get("title"), body.get("detail")))
            problem = {"status": body["status"], "title": title if title else {"$absent": True}}
            if options.get("type"):
                problem["type"] = options["type"]
                if not known_type(options["type"], body["type"]):
                    raise Surprise("%s: type %s" % (what, body["type"]))
            if options.get("detail"):
                problem["detail"] = self.plain(body["detail"])
            else:
                problem["detail"] = {"$any_string": True}
                expect["original_detail"] = self.plain(body["detail"])
            expect["body"] = problem
            return expect, body
        if options.get("select"):
            own = [item for item in body["items"] if chosen(options["select"], item, self.known)]
            pattern = self.pattern(dict(body, items=own), options.get("only"))
            pattern["items"] = {"$select": options["select"], "$items": pattern["items"]}
        else:
            pattern = self.pattern(body, options.get("only"))
        for pointer in options.get("absent", ()):
            parent, _, leaf = pointer.rpartition("/")
            place = at_pointer(pattern, parent)
            if place is MISSING or not isinstance(place, dict) or leaf in place:
                raise Surprise("%s: %s is not absent" % (what, pointer))
            place[leaf] = {"$absent": True}
        for pointer, matcher in (options.get("loose") or {}).items():
            parent, _, leaf = pointer.rpartition("/")
            place = at_pointer(pattern, parent)
            place[int(leaf) if isinstance(place, list) else leaf] = matcher
        if options.get("exact"):
            pattern = make_exact(pattern)
        expect["body"] = pattern
        return expect, body

    def plain(self, text):
        return text.replace(self.known.run, RUN) if isinstance(text, str) else text

    def pattern(self, value, only=None):
        """An answer as a pattern: variable values become matchers."""
        if only is None:
            return self.to_pattern(value, None, "")
        result = {}
        for pointer in only:
            found = at_pointer(value, pointer)
            if found is MISSING:
                raise Surprise("no %s in the answer" % pointer)
            parts = pointer.split("/")[1:]
            place = result
            for part in parts[:-1]:
                place = place.setdefault(part, {})
            uid = at_pointer(value, "/metadata/uid")
            place[parts[-1]] = self.to_pattern(found, None if uid is MISSING else uid, pointer)
        return result

    def to_pattern(self, value, uid, path):
        if isinstance(value, dict):
            if path.rpartition("/")[2] in FREE:
                return {"$literal": self.free(value)}
            inner = value.get("metadata", {}).get("uid") if isinstance(value.get("metadata"), dict) else None
            if isinstance(inner, str):
                uid, path = inner, ""
            return {self.plain(key): self.to_pattern(item, uid, path + "/" + key) for key, item in value.items()}
        if isinstance(value, list):
            if path.rpartition("/")[2] in FREE and any(isinstance(item, dict) for item in value):
                return {"$literal": self.free(value)}
            return [self.to_pattern(item, uid, "%s/%d" % (path, index)) for index, item in enumerate(value)]
        if isinstance(value, str):
            return self.string_pattern(value, uid, path)
        return value

    def free(self, value):
        if isinstance(value, dict):
            return {self.plain(key): self.free(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.free(item) for item in value]
        return self.plain(value)

    def string_pattern(self, value, uid, path):
        moment = parse_time(value)
        leaf = path.rpartition("/")[2]
        if value in self.names:
            name = self.names[value]
            if moment and uid:
                self.remember(uid, path, moment, name)
            return {"$same": name}
        if value in self.literals:
            return self.plain(value)
        if leaf == "uid" and UUID.fullmatch(value):
            return {"$uuid": True, "$same": self.bind(value, "uid")}
        if moment is not None:
            now = datetime.datetime.now(datetime.timezone.utc)
            if abs((now - moment).total_seconds()) < 3600:
                pattern = {"$time": True, "$same": self.bind(value, "time")}
                before = self.latest.get((uid, path))
                if before and before[0] < moment:
                    pattern["$after"] = before[1]
                self.remember(uid, path, moment, pattern["$same"])
                return pattern
        return self.plain(value)

    def remember(self, uid, path, moment, name):
        before = self.latest.get((uid, path))
        if before is None or before[0] < moment:
            self.latest[(uid, path)] = (moment, name)

    def bind(self, value, sort):
        self.counts[sort] = self.counts.get(sort, 0) + 1
        name = "%s%d" % (sort, self.counts[sort])
        self.names[value] = name
        self.known.values[name] = value
        return name

    def transcript(self):
        result = dict(self.head)
        result["kinds"], result["subresources"] = coverage(self.steps[0])
        result["steps"] = self.steps[0]
        left = [self.plain(path) for path in self.created if tidy_up(self.server, path, self.identity)]
        if left:
            result["leaves"] = dict({"paths": left}, **self.identity)
        return result


# Who may remove what a transcript has left behind.
TIDY_AS = {
    "keystone": {"headers": {"Authorization": "token-system:admin"}},
    "keycloak": {"headers": {"Authorization": "token-system:admin"}},
    "certificates": {"certificate": "system-admin"},
}


def tidy_up(server, path, identity):
    """Remove one object for good; tells whether it was there.  Nothing is judged here."""
    force = re.search(r"/kubernetes/.*/(applications|clusters)/", path) is not None
    send = dict({"method": "DELETE", "path": path + ("?force=True" if force else "")}, **identity)
    try:
        answer = server.exchange(send)
        body = answer.json()
        if answer.status != 200 or not isinstance(body, dict):
            return False
        if not force:
            body["metadata"]["finalizers"] = []
            server.exchange(dict({"method": "PUT", "path": path, "body": body}, **identity))
    except (Refused, KeyError, TypeError):
        return False
    return True


def known_type(pattern, text):
    wrong = []
    matches(pattern, text, Bindings(""), "type", lambda *args: wrong.append(args))
    return not wrong


def make_exact(pattern):
    if isinstance(pattern, list):
        return [make_exact(item) for item in pattern]
    if isinstance(pattern, dict):
        if pattern and all(key.startswith("$") for key in pattern):
            return pattern
        result = {"$exact": True}
        for key, item in pattern.items():
            result[key] = make_exact(item)
        return result
    return pattern


ROUTE = re.compile(r"^/([a-z]+)(?:/namespaces/[^/?]+)?/([a-z]+)(?:/[^/?]+(?:/([a-z]+))?)?(?:\?.*)?$")


def coverage(steps):
    """Which plurals and which subresources a list of steps touches."""
    kinds, subresources = set(), set()

    def walk(items):
        for step in items:
            for key in ("send", "watch", "hold", "race"):
                if key in step:
                    found = ROUTE.match(step[key]["path"])
                    if found and found.group(1) in ("core", "kubernetes", "openstack", "infrastructure"):
                        kinds.add("%s/%s" % found.group(1, 2))
                        if found.group(3):
                            subresources.add("%s/%s" % found.group(2, 3))
            walk(step.get("during", []))

    walk(steps)
    return sorted(kinds), sorted(subresources)


def flat_json(value):
    """JSON on one line; only characters that show are written as themselves."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else json.dumps(c)[1:-1] for c in text)


def pretty(value, indent=0, width=118):
    """JSON with short values on one line each."""
    flat = flat_json(value)
    if len(flat) + indent <= width or not isinstance(value, (dict, list)) or not value:
        return flat
    pad = " " * (indent + 1)
    if isinstance(value, dict):
        rows = []
        for key, item in value.items():
            line = "%s%s: %s" % (pad, flat_json(key), flat_json(item))
            if len(line) > width:
                line = "%s%s: %s" % (pad, flat_json(key), pretty(item, indent + 1, width))
            rows.append(line)
        return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
    return "[\n" + ",\n".join(pad + pretty(item, indent + 1, width) for item in value) + "\n" + " " * indent + "]"


SKETCHES = []


def sketch(name, about, area, profile="open", quirk=None):
    """Decorator for the functions of a sketch file; each gets a Tape."""

    def register(function):
        if any(entry[0] == name for entry in SKETCHES):
            raise ValueError("two sketches are called %s" % name)
        SKETCHES.append((name, about, area, profile, quirk, function))
        return function

    return register


def record(options):
    sys.modules["wire"] = sys.modules[__name__]
    with open(os.path.join(options.profiles, "profiles.json"), encoding="utf-8") as handle:
        profiles = json.load(handle)
    servers = {}
    for entry in options.url:
        profile, _, url = entry.partition("=")
        servers[profile] = Server(url, options.timeout, options.certs)
    for name in options.sketches:
        sys.path.insert(0, os.path.dirname(os.path.abspath(name)))
        runpy.run_path(name)
    service = None
    if options.identity_port:
        service = IdentityService(options.identity_port)
        service.start()
    os.makedirs(options.out, exist_ok=True)
    lock = threading.Lock()
    totals = {"recorded": 0, "failed": 0}

    def one(entry):
        name, about, area, profile, quirk, function = entry
        if options.only and not any(fnmatch.fnmatch(name, pattern) for pattern in options.only):
            return
        needs = dict({"profile": profile}, **profiles[profile])
        tape = Tape(name, about, needs, servers[profile], area, quirk)
        try:
            function(tape)
        except (Surprise, Refused) as problem:
            with lock:
                totals["failed"] += 1
                print("FAIL %s: %s" % (name, problem))
            return
        text = pretty(tape.transcript()) + "\n"
        with open(os.path.join(options.out, name + ".json"), "w", encoding="utf-8") as handle:
            handle.write(text)
        with lock:
            totals["recorded"] += 1

    try:
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            for future in [pool.submit(one, entry) for entry in SKETCHES]:
                future.result()
    finally:
        if service:
            service.stop()
    print("%d recorded, %d failed" % (totals["recorded"], totals["failed"]))
    return 1 if totals["failed"] else 0


# ---------------------------------------------------------------------------
# A stand-in for the identity services


class IdentityHandler(http.server.BaseHTTPRequestHandler):
    """Keystone and Keycloak at once: the token "token-NAME" belongs to the user NAME."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body):
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        token = self.headers.get("X-Subject-Token") or ""
        if self.path != "/v3/auth/tokens":
            self.answer(404, {"error": {"code": 404}})
        elif self.headers.get("X-Auth-Token") != token:
            self.answer(400, {"error": {"code": 400}})
        elif not token.startswith("token-"):
            self.answer(401, {"error": {"code": 401, "title": "Unauthorized"}})
        else:
            user = {"domain": {"id": "default", "name": "Default"}, "id": "0", "name": token[6:]}
            self.answer(200, {"token": {"methods": ["password"], "user": user}})

    def do_POST(self):
        form = urllib.parse.parse_qs(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode())
        token = form.get("access_token", [""])[0]
        if self.path != "/auth/realms/krake/protocol/openid-connect/userinfo":
            self.answer(404, {"error": "Realm does not exist"})
        elif not token.startswith("token-"):
            self.answer(401, {"error": "invalid_token"})
        else:
            self.answer(200, {"sub": "0", "preferred_username": token[6:]})


class IdentityService:
    def __init__(self, port):
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", port), IdentityHandler)
        self.server.daemon_threads = True

    def start(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def identity(options):
    service = IdentityService(options.port)
    print("identity service on http://127.0.0.1:%d" % service.server.server_address[1], flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        service.server.serve_forever()
    return 0


def show(options):
    for transcript in load_transcripts(options.transcripts):
        marks = transcript["server"]["profile"] + (", quirk " + transcript["quirk"] if transcript.get("quirk") else "")
        print("%-14s %-34s %s (%s)" % (transcript["area"], transcript["name"], transcript["about"], marks))
    return 0


SEED = [
    ("/core/roles", {
        "metadata": {"name": "role:system"},
        "rules": [{
            "api": "", "resources": [""], "namespaces": [""],
            "verbs": ["create", "list", "get", "update", "delete"],
        }],
    }),
    ("/core/rolebindings", {
        "metadata": {"name": "rolebinding:system"}, "roles": ["role:system"], "users": ["system:admin"],
    }),
]


def seed(options):
    """For servers without a bootstrap command: run this before authorization is switched on."""
    server = Server(options.base_url, options.timeout, options.certs)
    for path, body in SEED:
        answer = server.exchange({"method": "POST", "path": path, "body": body})
        print("%s %s: %d" % (path, body["metadata"]["name"], answer.status))
        if answer.status not in (200, 201, 409):
            return 1
    return 0


# ---------------------------------------------------------------------------
# Command line


def main(arguments):
    if not arguments or arguments[0] not in ("replay", "record", "list", "identity", "seed", "-h", "--help"):
        arguments = ["replay"] + arguments
    parser = argparse.ArgumentParser(
        prog="wire.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)

    play = commands.add_parser("replay", help="replay transcripts against a server")
    play.add_argument("--base-url", help="the server under test, e.g. http://127.0.0.1:8080")
    play.add_argument("--profile", default="open", help="what the server at --base-url is set up for (default: open)")
    play.add_argument("--url", action="append", metavar="PROFILE=URL", help="a further server; repeatable")
    play.add_argument("--modified-name", default="MODIFIED", help="event type of modifications (default: MODIFIED)")
    play.add_argument("--quirks", choices=["skip", "run", "only"], default="skip", help="transcripts marked as quirks")
    play.add_argument("--only", action="append", metavar="PATTERN", help="names of transcripts, * allowed; repeatable")
    play.add_argument("--run", help="run suffix, exactly %d characters (default: random per transcript)" % RUN_LENGTH)
    play.add_argument("--jobs", type=int, default=4, help="transcripts at a time (default: 4)")
    play.add_argument("--settle", type=float, default=0.3, help="seconds to wait for surplus events (default: 0.3)")
    play.add_argument("--first", action="store_true", help="leave a transcript at its first failing step")
    play.add_argument("--keep", action="store_true", help="do not remove what the transcripts leave behind")
    play.add_argument("-v", "--verbose", action="store_true", help="also print a line per passing transcript")
    play.add_argument("transcripts", nargs="+", metavar="FILE", help="transcripts, or directories with transcripts")
    play.set_defaults(action=replay)

    tape = commands.add_parser("record", help="record transcripts from sketches")
    tape.add_argument("--url", action="append", required=True, metavar="PROFILE=URL", help="a server; repeatable")
    tape.add_argument("--out", required=True, help="directory for the transcripts")
    tape.add_argument("--profiles", default=os.path.join(HERE, "profiles"), help="directory with profiles.json")
    tape.add_argument("--only", action="append", metavar="PATTERN")
    tape.add_argument("--jobs", type=int, default=1)
    tape.add_argument("sketches", nargs="+")
    tape.set_defaults(action=record)

    names = commands.add_parser("list", help="list transcripts")
    names.add_argument("transcripts", nargs="+", metavar="FILE")
    names.set_defaults(action=show)

    ident = commands.add_parser("identity", help="run the stand-in for Keystone and Keycloak")
    ident.add_argument("--port", type=int, default=15000)
    ident.set_defaults(action=identity)

    sow = commands.add_parser("seed", help="create the role and the role binding of system:admin")
    sow.add_argument("--base-url", required=True)
    sow.set_defaults(action=seed)

    for command in (play, tape, sow):
        command.add_argument("--timeout", type=float, default=10.0, help="seconds to wait for an answer (default: 10)")
        command.add_argument("--certs", help="directory with the certificates (default: certs next to wire.py)")
    for command in (play, tape):
        command.add_argument(
            "--identity-port", type=int, default=15000,
            help="where to run the stand-in identity service; 0: do not (default: 15000)",
        )
    options = parser.parse_args(arguments)
    if options.command == "replay":
        if not options.base_url and not options.url:
            parser.error("--base-url (or --url) is needed")
        if options.run and len(options.run) != RUN_LENGTH:
            parser.error("--run must have exactly %d characters" % RUN_LENGTH)
    return options.action(options)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
