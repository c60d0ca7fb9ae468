#!/usr/bin/env python3
"""Computes what livelake must report of a folder in the original pipeline's layout.

Usage: independent.py ROOT --timezone ZONE [--no-overrides] > answers.json

Written from the definitions (hours watched = viewers x slot length; docs/terms.md), with the standard
library only: it shares neither SQL nor C with the program, so that an error must be made twice to go
unseen. Ids are text, sums are exact until they are printed. Genre and mode 0 = Unmapped, -1 =
Non-game. Peaks are over all slots that have data: imported sweeps are partial ones.
"""
import argparse
import collections
import csv
import datetime
import fractions
import gzip
import json
import pathlib
import re
import subprocess
import sys
import zoneinfo

SLOT_S = 900
UNMAPPED, NON_GAME = "0", "-1"
OVERRIDES = pathlib.Path(__file__).resolve().parents[2] / "data" / "category_overrides.csv"
UTC = datetime.timezone.utc
NAME = re.compile(r"raw_(\w+?)_data(?:_.*)?\.(?:json|csv)(?:\.gz|\.zst)?$")
LABEL = re.compile(r"(?<!\d)(20\d{6})_(\d{1,4})(?!\d)")
DATE = re.compile(r"(?<!\d)(20\d{6})(?!\d)")


def content(path):
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    if path.suffix == ".zst":
        return subprocess.run(["zstdcat", str(path)], check=True, capture_output=True).stdout.decode(
            "utf-8", "replace")
    return path.read_text("utf-8", "replace")


def records(text):
    """(records that can be read, whether something after them cannot)."""
    found = re.search(r'"data"\s*:\s*\[', text)
    if not found:
        return [], True
    decoder, at, rows = json.JSONDecoder(), found.end(), []
    separator = re.compile(r"\s*,?\s*")
    while True:
        at = separator.match(text, at).end()
        if text[at:at + 1] == "]":
            return rows, False
        try:
            row, at = decoder.raw_decode(text, at)
        except ValueError:
            return rows, True
        rows.append(row)


def label_of(root, path, text):
    """(date, time or None) as text; the name counts more than folders, folders more than content."""
    parts = [path.name] + [p.name for p in path.relative_to(root).parents if p.name]
    for part in parts:
        if LABEL.search(part):
            return LABEL.findall(part)[-1]
    inside = [re.search(rf'"{key}"\s*:\s*"?(\d+)', text) for key in ("day_date_id", "time_of_day_id")]
    if all(inside):
        return inside[0][1], inside[1][1]
    for part in parts:
        if DATE.search(part):
            return DATE.findall(part)[-1], None
    return (inside[0][1] if inside[0] else None), None


def instant(label, zone):
    """Epoch seconds of a local label; 0 without a date."""
    date, time = label
    if date is None:
        return 0
    local = datetime.datetime.strptime(date + (time or "0").zfill(4), "%Y%m%d%H%M")
    return int(local.replace(tzinfo=zone).timestamp())


def number(value):
    """A decimal id as an int, or None."""
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]+", text) or int(text) >= 1 << 63:
        return None
    return int(text)


class Sweep:
    """The streams of one slot."""

    def __init__(self):
        self.rows = self.quarantined = 0
        self.streams = {}

    def add(self, text):
        rows, damaged = records(text)
        self.rows += len(rows) + damaged
        self.quarantined += damaged
        for row in rows:
            viewers = row.get("viewer_count")
            ids = number(row.get("id")), number(row.get("user_id"))
            category = 0 if row.get("game_id") in ("", None) else number(row["game_id"])
            if None in ids or category is None or number(viewers) is None:
                self.quarantined += 1
                continue
            self.streams[ids[0]] = {
                "id": ids[0], "broadcaster": ids[1], "category": category, "viewers": int(viewers),
                "language": (row.get("language") or "").lower(), "started": row.get("started_at") or ""}

    def finish(self):
        """One stream a broadcaster: the one that started last."""
        self.duplicates = self.rows - self.quarantined - len(self.streams)
        newest = {}
        for stream in self.streams.values():
            other = newest.get(stream["broadcaster"])
            if not other or (stream["started"], stream["id"]) > (other["started"], other["id"]):
                newest[stream["broadcaster"]] = stream
        self.restarted = len(self.streams) - len(newest)
        self.streams = {s["id"]: s for s in newest.values()}


class Versions:
    """What dumps said about a thing over time. On one day the last word counts; a day's word holds
    until the next; the first holds for all time before it."""

    def __init__(self):
        self.words = collections.defaultdict(dict)

    def say(self, thing, at, source, value):
        day = at // 86_400
        if (at, source) >= self.words[thing].get(day, ((0, ""), None))[0]:
            self.words[thing][day] = (at, source), value

    def get(self, thing, day):
        words = self.words.get(thing)
        if not words:
            return None
        return words[max((d for d in words if d <= day), default=min(words))][1]


class Group:
    """Hours and peaks of whatever shares a key."""

    def __init__(self):
        self.viewers = self.streams = fractions.Fraction(0)
        self.by_slot = collections.Counter()
        self.channels_by_slot = collections.Counter()
        self.channels = set()

    def add(self, slot, stream, share=fractions.Fraction(1)):
        self.viewers += stream["viewers"] * share
        self.streams += share
        self.by_slot[slot] += stream["viewers"] * share
        self.channels_by_slot[slot] += share
        self.channels.add(stream["broadcaster"])

    def answer(self):
        weight = fractions.Fraction(SLOT_S, 3600)
        return {"hours_watched": float(self.viewers * weight),
                "airtime_hours": float(self.streams * weight),
                "peak_viewers": float(max(self.by_slot.values())),
                "peak_channels": float(max(self.channels_by_slot.values())),
                "unique_channels": len(self.channels)}


class Capture:
    def __init__(self, root, zone, overrides):
        self.sweeps = collections.defaultdict(Sweep)
        self.igdb, self.genres, self.modes = Versions(), Versions(), Versions()
        self.overrides = overrides
        for path in sorted((p for p in root.rglob("*") if p.is_file()),
                           key=lambda p: p.relative_to(root).as_posix().encode()):
            name = NAME.match(path.name)
            reader = name and getattr(self, "read_" + name[1], None)
            if reader:
                text = content(path)
                reader(instant(label_of(root, path, text), zone), path.name, text)
        for sweep in self.sweeps.values():
            sweep.finish()

    def read_streams(self, at, _source, text):
        self.sweeps[at // SLOT_S * SLOT_S].add(text)

    def read_categories(self, at, source, text):
        for row in records(text)[0]:
            if number(row.get("id")) is not None and number(row.get("igdb_id")) is not None:
                self.igdb.say(number(row["id"]), at, source, number(row["igdb_id"]))

    def read_lists(self, versions, key, at, source, text):
        for row in records(text)[0]:
            if isinstance(row.get(key), list):
                versions.say(number(row["id"]), at, source, sorted(set(row[key])))

    def read_genre_bridge(self, at, source, text):
        self.read_lists(self.genres, "genres", at, source, text)

    def read_game_mode_bridge(self, at, source, text):
        self.read_lists(self.modes, "game_modes", at, source, text)

    def terms(self, versions, category, day):
        igdb, non_game = self.igdb.get(category, day), False
        if igdb is None and category in self.overrides:
            igdb, non_game = self.overrides[category]
        if non_game:
            return [NON_GAME]
        return [str(t) for t in versions.get(igdb, day) or ()] or [UNMAPPED]

    def answers(self):
        tables = collections.defaultdict(lambda: collections.defaultdict(Group))
        streams = set()
        for slot, sweep in self.sweeps.items():
            for stream in sweep.streams.values():
                streams.add(stream["id"])
                for table, key in (("platform", ""), ("categories", str(stream["category"])),
                                   ("languages", stream["language"]),
                                   ("broadcasters", str(stream["broadcaster"]))):
                    tables[table][key].add(slot, stream)
                for name, versions in (("genres", self.genres), ("game_modes", self.modes)):
                    terms = self.terms(versions, stream["category"], slot // 86_400)
                    for term in terms:
                        share = fractions.Fraction(1, len(terms))
                        tables[name + "_fractional"][term].add(slot, stream, share)
                        tables[name + "_full"][term].add(slot, stream)
        result = {table: {key: group.answer() for key, group in sorted(groups.items())}
                  for table, groups in tables.items()}
        result["platform"] = dict(result.get("platform", {}).get("", {}), unique_streams=len(streams))
        result["slots"] = {
            datetime.datetime.fromtimestamp(slot, UTC).strftime("%Y%m%dT%H%M%SZ"): {
                "streams": len(sweep.streams), "duplicates": sweep.duplicates, "rows": sweep.rows,
                "viewers": sum(s["viewers"] for s in sweep.streams.values()),
                "restarted": sweep.restarted, "quarantined": sweep.quarantined}
            for slot, sweep in sorted(self.sweeps.items())}
        return result


def read_overrides():
    with OVERRIDES.open(newline="", encoding="utf-8") as file:
        return {int(r["category_id"]): (int(r["igdb_id"]) if r["igdb_id"] else None,
                                        r["kind"] == "non_game") for r in csv.DictReader(file)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("root", type=pathlib.Path)
    parser.add_argument("--timezone", type=zoneinfo.ZoneInfo, required=True)
    parser.add_argument("--no-overrides", action="store_true")
    options = parser.parse_args()
    overrides = {} if options.no_overrides else read_overrides()
    json.dump(Capture(options.root, options.timezone, overrides).answers(), sys.stdout, indent=1,
              sort_keys=True)
    print()


if __name__ == "__main__":
    main()
